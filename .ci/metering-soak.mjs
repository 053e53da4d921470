// Two thousand metered completions of the built package, fifty at a time, for four tenants, with endings at random:
//
//   node --expose-gc .ci/metering-soak.mjs            with a seed of its own, which it prints
//   SEED=7 node --expose-gc .ci/metering-soak.mjs     the same endings for the same completions again
//
// The sandbox runs in a process of its own, so that its memory does not count. Ends with 1 if a completion was not counted
// once, at what the sandbox has billed and for whom it has billed it, or if anything is left over.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { OpenRouterClient } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import OpenAI from 'openai';
import { count, heapMb, pick, randomBy, sleep, watchSoak, workThrough } from './soak-tools.mjs';

const COMPLETIONS = 2_000;
const AT_A_TIME = 50;
const WARM_UP = 200;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'];
const CHUNKS = 8;
const SLOW = { chunks: CHUNKS, chunkDelayMs: 10 };
const LONGEST_MS = 240_000;
const GRACE_MS = 10_000;
const HEAP_MB = 8;

/** What the server does, and what the meter is to say, by the ending that a request names. */
const ENDINGS = {
  json: [{}, 'complete'],
  'json without a cost': [{ usage: 'missing' }, 'complete'],
  'json, cut': [{ cutAfter: 1 }, 'failed'],
  'json, failed': [{ failAfter: 1 }, 'failed'],
  'json, unread': [{}, 'aborted'],
  // Without an answer there is no id to ask for: such a cost is unknown, and must not be invented.
  'json, aborted early': [{}, undefined],
  stream: [{ chunks: CHUNKS }, 'complete'],
  'stream, usage null': [{ chunks: CHUNKS, usage: 'null' }, 'complete'],
  'stream, cached': [{ chunks: CHUNKS, isCacheHit: true }, 'complete'],
  // On a busy machine all chunks may have arrived before the client leaves.
  'stream, left': [SLOW, undefined],
  'stream, aborted': [SLOW, undefined],
  'stream, unread': [SLOW, undefined],
  'stream, cut': [{ chunks: CHUNKS, cutAfter: 3 }, 'failed'],
  'stream, failed': [{ chunks: CHUNKS, failAfter: 3 }, 'failed'],
};

// --- the sandbox, in a process of its own ---

if (process.argv[2] === 'sandbox') {
  const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 1e6, totalUsage: 0 } });
  sandbox.onCompletion(({ body }) => {
    const { ending, usd } = JSON.parse(body.user);
    const [decision] = ENDINGS[ending];
    return decision.isCacheHit ? decision : { usd, ...decision };
  });
  process.on('message', () => process.send(sandbox.charges));
  process.once('disconnect', () => process.exit());
  const { baseUrl, apiKey, managementKey } = sandbox;
  process.send({ baseUrl, apiKey, managementKey });
  await once(process, 'disconnect');
}

// --- the clients ---

const violations = [];
const seed = watchSoak(violations, LONGEST_MS);
const randomOf = randomBy(seed);
const started = performance.now();

const child = fork(fileURLToPath(import.meta.url), ['sandbox']);
const [{ baseUrl, apiKey, managementKey }] = await once(child, 'message');
const openRouter = new OpenRouterClient({
  apiKey,
  managementKey,
  baseUrl,
  metering: { lookupDelaysMs: [1, 5, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] },
});
const { metering } = openRouter;
const costs = [];
metering.costs$.subscribe((cost) => costs.push(cost));

const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

/** Each sends a request, and gives the answer as something that can be looped over or dropped. */
const CLIENTS = {
  async openai(fetch, body, signal) {
    const { chat } = new OpenAI({ apiKey, baseURL: baseUrl, fetch, maxRetries: 0 });
    if (body.stream) {
      const stream = await chat.completions.create(body, { signal });
      const drop = async () => {
        const parts = stream[Symbol.asyncIterator]();
        // A loop that has not begun has nothing to end.
        await parts.next();
        await parts.return();
      };
      return { parts: stream, drop };
    }
    const answer = await chat.completions.create(body, { signal }).asResponse();
    return { parts: answer.body, drop: () => answer.body.cancel() };
  },
  async fetch(fetch, body, signal) {
    const request = { method: 'POST', headers, body: JSON.stringify(body), signal };
    const answer = await fetch(`${baseUrl}/chat/completions`, request);
    return { parts: answer.body, drop: () => answer.body.cancel() };
  },
};

async function read({ parts, drop }, ending, controller) {
  if (ending.endsWith('unread')) return drop();
  for await (const _part of parts) {
    if (ending === 'stream, left') return;
    if (ending === 'stream, aborted') controller.abort();
  }
}

/** What was asked, by the number of the completion. */
const asked = new Map();
const used = new Map();

async function complete(id) {
  const random = randomOf(`completion ${id}`);
  const tenant = pick(TENANTS, random);
  const ending = pick(Object.keys(ENDINGS), random);
  const client = pick(Object.keys(CLIENTS), random);
  // Whole nano-dollars, from a small embedding to a long agent.
  const usd = Math.ceil(10 ** (random() * 9)) / 1e9;
  asked.set(id, { tenant, ending });
  used.set(`${client}, ${ending}`, true);

  const scope = { tenant, id: String(id) };
  const user = JSON.stringify({ tenant, id, ending, usd });
  const controller = new AbortController();
  const send = (fetch) => {
    const body = { model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'Hi' }], user };
    return CLIENTS[client](fetch, { ...body, stream: ending.startsWith('stream') }, controller.signal);
  };
  const answer =
    random() < 0.5 ? metering.run(scope, () => send(metering.fetch)) : send(metering.fetchFor(scope));
  if (ending === 'json, aborted early') setTimeout(() => controller.abort(), random() * 4);
  // What the clients throw is the business of other tests.
  await answer.then((parts) => read(parts, ending, controller)).catch(() => undefined);
}

const completeAll = (from, to) => workThrough(from, to, AT_A_TIME, complete);
const nanoDollars = (usd) => BigInt(Math.round(usd * 1e9));
const sum = (list) => list.reduce((total, { usd }) => total + nanoDollars(usd), 0n);

/** Compares what was counted with what was billed, one by one and in total. */
function judge(charges) {
  const billed = groupById(charges);
  const counted = new Map();
  for (const cost of costs) {
    const id = Number(cost.scope.id);
    if (counted.has(id)) violations.push(`completion ${id} was counted twice`);
    counted.set(id, cost);
  }
  const unknown = new Set();
  for (const [id, { tenant, ending }] of asked) {
    const [, outcome] = ENDINGS[ending];
    const cost = counted.get(id);
    const charge = billed.get(id)?.[0];
    const what = `completion ${id} (${ending})`;
    if (ending === 'json, aborted early') {
      if (cost?.usd === null || cost === undefined) unknown.add(id);
      if (charge !== undefined && cost === undefined) violations.push(`${what} was billed and not counted`);
      if (cost?.usd === null || cost === undefined) continue;
    }
    if (charge === undefined || cost === undefined) {
      violations.push(`${what}: billed ${inspect(charge?.usd)}, counted ${inspect(cost?.usd)}`);
      continue;
    }
    if (cost.usd !== charge.usd) violations.push(`${what} was billed ${charge.usd}, and counted ${cost.usd}`);
    if (cost.generationId !== charge.generationId) violations.push(`${what} has another generation`);
    if (cost.scope.tenant !== tenant) violations.push(`${what} was counted for ${cost.scope.tenant}`);
    if (outcome !== undefined && cost.outcome !== outcome) violations.push(`${what} is ${cost.outcome}`);
  }
  for (const tenant of TENANTS) {
    const own = charges.filter(({ user }) => JSON.parse(user).tenant === tenant);
    const bill = sum(own.filter(({ user }) => !unknown.has(JSON.parse(user).id)));
    const total = sum(costs.filter(({ scope, usd }) => scope.tenant === tenant && usd !== null));
    if (bill !== total) violations.push(`${tenant} was billed ${bill} nano-dollars, and counted ${total}`);
    console.log(`${tenant.padStart(10)}  ${own.length} bills, ${Number(total) / 1e9} USD`);
  }
  return unknown.size;
}

function groupById(charges) {
  const groups = new Map();
  for (const charge of charges) {
    const { id } = JSON.parse(charge.user);
    groups.set(id, [...(groups.get(id) ?? []), charge]);
  }
  return groups;
}

// --- the run ---

console.log(`SEED=${seed} node --expose-gc .ci/metering-soak.mjs   (Node ${process.version})`);
await completeAll(1, WARM_UP + 1);
await metering.settled();
heapMb();
await sleep(50);
const heapBefore = heapMb();

await completeAll(WARM_UP + 1, COMPLETIONS + 1);
await metering.settled();
const answered = once(child, 'message');
child.send('charges');
const [charges] = await answered;
const unknown = judge(charges.map((charge) => ({ ...charge })));

const kinds = used.size;
const counts = costs.length;
costs.length = 0;
asked.clear();
charges.length = 0;
await openRouter.close();
child.disconnect();
await once(child, 'exit');

const whatIsLeft = () => ({
  sockets: count('TCPSocketWrap'),
  timers: count('Timeout'),
});
// Requests that were aborted end a moment after their abort; on a busy machine that takes a while.
const end = performance.now() + GRACE_MS;
while (performance.now() < end && Object.values(whatIsLeft()).some((number) => number > 0)) await sleep(20);
// What was collected is announced to the meter in a later turn, and only then is the rest of it garbage.
heapMb();
await sleep(50);
const grown = heapMb() - heapBefore;

for (const [what, number] of Object.entries(whatIsLeft())) {
  if (number > 0) violations.push(`${number} ${what} are left over`);
}
if (grown > HEAP_MB) violations.push(`the heap has grown by ${grown.toFixed(1)} MB`);

console.log(
  `${COMPLETIONS} completions, ${kinds} of ${Object.keys(ENDINGS).length * Object.keys(CLIENTS).length} kinds, ` +
    `${counts} counted, ${unknown} unknown, heap ${grown.toFixed(1)} MB, ` +
    `${((performance.now() - started) / 1_000).toFixed(1)} s`,
);
for (const violation of violations.slice(0, 50)) console.error(`!! ${violation}`);
process.exitCode = violations.length === 0 ? 0 : 1;
