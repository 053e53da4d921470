// Makes calls in a process of its own, on the built package, with one name after the other polluted on Object.prototype.
import { inspect } from 'node:util';
import { OpenRouterClient } from 'nestjs-openrouter';

const { baseUrl, names } = JSON.parse(process.argv[2]);
const KEY = `sk-or-v1-${'a1b2c3d4'.repeat(8)}`;
const client = new OpenRouterClient({
  managementKey: KEY,
  baseUrl,
  retry: { maxRetries: 1, initialDelayMs: 1 },
});
const fixed = new OpenRouterClient({
  apiKey: () => KEY,
  baseUrl,
  retry: false,
  headers: { 'x-a': '1' },
  timeoutMs: 5_000,
});

/** What a name is polluted with. */
const VALUES = [
  'Bearer sk-or-v1-polluted0polluted',
  { authorization: 'Bearer sk-or-v1-polluted1', message: 'polluted', code: 402, metadata: { a: 1 } },
  () => 'polluted',
  null,
];

const hanging = new OpenRouterClient({ managementKey: KEY, baseUrl: `${baseUrl}/hang`, retry: false });
const nobody = new OpenRouterClient({ managementKey: KEY, baseUrl: 'http://127.0.0.1:1/v1', retry: false });

const CALLS = {
  abort: () => {
    const controller = new AbortController();
    const call = hanging.credits.getCredits({ signal: controller.signal });
    controller.abort(new Error('enough'));
    return call;
  },
  refusal: () => nobody.credits.getCredits(),
  get: () => client.credits.getCredits(),
  getWithOptions: () => client.credits.getCredits({ headers: { 'x-b': '2' }, timeoutMs: 4_000 }),
  getWithSignal: () => client.credits.getCredits({ signal: new AbortController().signal }),
  getWithKey: () => fixed.credits.getCredits({ apiKey: KEY, retry: { maxRetries: 0 } }),
  current: () => fixed.apiKeys.getCurrent(),
  list: () => client.apiKeys.list({ offset: 0, includeDisabled: true }),
  invalid: () => client.credits.getCredits({ timeoutMs: -1 }),
  find: () => client.apiKeys.findByName('a'),
  create: () => client.apiKeys.create({ name: 'a', limit: 1 }),
  remove: () => client.apiKeys.delete('0'.repeat(64)),
  generation: () => fixed.generations.get('gen-1', { waitMs: 0 }),
  activity: () => client.activity.list(),
  budgets: () => client.budgets.list('refused'),
  budget: () => client.budgets.set('refused', 'daily', { limitUsd: 5 }),
  balance: () => client.balance.refresh(),
  fresh: async () => {
    const fresh = new OpenRouterClient({ managementKey: KEY, baseUrl, balance: { ttlMs: 1_000 } });
    try {
      return [await fresh.credits.getCredits(), await fresh.balance.get(), await fresh.balance.forecast()];
    } finally {
      await fresh.close();
    }
  },
  charge: () => client.credits.createCoinbaseCharge({ amount: 1 }),
};

const outcomeOf = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    const { status, delivery, metadata, retryAfterMs } = Object.assign(Object.create(null), error);
    const { name, message } = error;
    return { name, message, status, delivery, metadata, retryAfterMs };
  }
};
const plain = (value) =>
  inspect(value, { depth: 9, breakLength: Infinity }).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'date');

const found = [];
const baseline = {};
for (const [name, call] of Object.entries(CALLS)) {
  baseline[name] = plain(await outcomeOf(call));
}
for (const name of names) {
  for (const [index, value] of VALUES.entries()) {
    for (const [label, call] of Object.entries(CALLS)) {
      // With these the language itself can define no property, so that nothing can be made.
      if (label === 'fresh' && ['get', 'set'].includes(name)) continue;
      Object.prototype[name] = value;
      let outcome;
      try {
        outcome = await outcomeOf(call);
      } finally {
        delete Object.prototype[name];
      }
      const shown = plain(outcome);
      if (shown !== baseline[label]) {
        found.push(`${name} (${index}), ${label}: ${shown.slice(0, 300)}`);
      }
    }
  }
}
await Promise.all([client, fixed, hanging, nobody].map((one) => one.close()));
process.stdout.write(JSON.stringify({ found, baseline }));
