// Measures this package and other ways to make the same requests, on this machine: `npm run bench`. With `-- --quick` the
// run is too short for its results to be kept. Bars are printed with "met" or "not met"; none of them fails the run.
import { fork, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { BASE_PATH } from './shared.mjs';
import { countRequests } from './replicas.mjs';
import { HAS_POSTGRES } from './postgres-server.mjs';
import { formatReport } from './report.mjs';

const LOAD_CLIENTS = [
  ['this-package', 'this package'],
  ['official-class', '@openrouter/sdk, class'],
  ['official-function', '@openrouter/sdk, function'],
  ['axios', 'axios'],
  ['undici', 'undici'],
  ['fetch', 'fetch'],
];
/** The lower bounds of a call's cost: without axios' core, and with Node's own client alone. */
const LOWER_BOUNDS = [
  ['this-package-without-axios', "this package without axios' core"],
  ['node-http', 'node:http'],
];
const NEST_CLIENTS = [
  ['nest-this-package', 'Nest + this package'],
  ['nest-official-sdk', 'Nest + @openrouter/sdk'],
];
const ACTIVITY_CLIENTS = [
  ['activity-this-package', 'this package, activity.list'],
  ['activity-official-class', '@openrouter/sdk, class, analytics.getUserActivity'],
];
const METERING_CLIENTS = [
  ['metered', 'openai with metering.fetch'],
  ['plain', 'openai with plain fetch'],
];
const DECODE_STEPS = [
  ['decode', "this package's decoder"],
  ['parse', 'JSON.parse'],
];
const BALANCE_STEPS = [
  ['get', 'balance.get(), warm'],
  ['guard', 'CreditsGuard, warm'],
  ['lru', 'lru-cache, fetch(), warm'],
  ['memo', 'a memo by hand'],
  ['promise', 'a resolved promise'],
];
const PACKAGES = [
  '@nestjs/core',
  '@nestjs/axios',
  '@openrouter/sdk',
  'axios',
  'class-validator',
  'lru-cache',
  'openai',
  'rate-limiter-flexible',
  'undici',
];

const FULL = {
  loadRounds: 5,
  activityRounds: 5,
  coldRounds: 11,
  warmUp: 3_000,
  calls: 3_000,
  concurrentCalls: 5_000,
  activityWarmUp: 10,
  activityCalls: 30,
  balanceRounds: 5,
  balanceCalls: 1_000_000,
  readMs: 60_000,
  spendRounds: 3,
  spendTurns: 9,
  pairsPerTurn: 1_000,
  pairsTogether: 20_000,
  limitedPerTurn: 100,
  subjects: 100_000,
  pairSeconds: 5,
  ledgerCompletions: 200,
  ledgerRows: 1_000_000,
  meteringRounds: 5,
  meteringTurns: 20,
  streamsPerTurn: 10,
  answersPerTurn: 150,
  warmUpStreams: 100,
};
const QUICK = {
  loadRounds: 1,
  activityRounds: 1,
  coldRounds: 3,
  warmUp: 500,
  calls: 1_000,
  concurrentCalls: 1_000,
  activityWarmUp: 5,
  activityCalls: 10,
  balanceRounds: 1,
  balanceCalls: 200_000,
  readMs: 3_000,
  spendRounds: 1,
  spendTurns: 3,
  pairsPerTurn: 500,
  pairsTogether: 5_000,
  limitedPerTurn: 30,
  subjects: 10_000,
  pairSeconds: 1,
  ledgerCompletions: 40,
  ledgerRows: 100_000,
  meteringRounds: 1,
  meteringTurns: 6,
  streamsPerTurn: 5,
  answersPerTurn: 50,
  warmUpStreams: 20,
};

const isQuick = process.argv.includes('--quick');
const plan = isQuick ? QUICK : FULL;
const startedAt = Date.now();

build();
const server = fork(pathOf('server.mjs'), { execArgv: [], env: cleanEnvironment() });
const baseUrl = await new Promise((resolve, reject) => {
  server.once('message', ({ port }) => resolve(`http://127.0.0.1:${port}${BASE_PATH}`));
  server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
});

// The clients take turns in every round, so that other load on the machine slows all of them alike.
const loads = await rounds('load', plan.loadRounds, [...LOAD_CLIENTS, ...LOWER_BOUNDS], async (client) =>
  measure('load.mjs', [client, baseUrl, plan.warmUp, plan.calls, plan.concurrentCalls]),
);
const activities = await rounds('activity', plan.activityRounds, ACTIVITY_CLIENTS, async (client) =>
  measure('activity.mjs', [client, baseUrl, plan.activityWarmUp, plan.activityCalls]),
);
const decoded = await rounds('decode', plan.activityRounds, [['both']], async () =>
  measure('activity-decode.mjs', [plan.activityWarmUp, plan.activityCalls]),
);
const decodes = {
  decode: decoded.both.map(({ decodeMs }) => ({ ms: decodeMs })),
  parse: decoded.both.map(({ parseMs }) => ({ ms: parseMs })),
};
const metering = await rounds('metering', plan.meteringRounds, [['both']], async () =>
  measure('metering.mjs', [
    baseUrl,
    plan.meteringTurns,
    plan.streamsPerTurn,
    plan.answersPerTurn,
    plan.warmUpStreams,
    plan.warmUp,
  ]),
);
const metered = Object.fromEntries(
  METERING_CLIENTS.map(([client]) => [client, metering.both.map((round) => round[client])]),
);
const spends = await measureSpendLimits();
const ledger = await measureLedger();
const read = await rounds('balance', plan.balanceRounds, [['all']], async () =>
  measure('balance.mjs', [baseUrl, plan.balanceCalls]),
);
const balances = Object.fromEntries(
  BALANCE_STEPS.map(([step]) => [step, read.all.map((round) => ({ micros: round[`${step}Micros`] }))]),
);
console.error('requests');
const requests = await countRequests(plan.readMs, cleanEnvironment());
const colds = await rounds(
  'cold start',
  plan.coldRounds,
  [...LOAD_CLIENTS, ...NEST_CLIENTS],
  async (client) => {
    const spawnedAt = process.hrtime.bigint();
    const { answeredAt, maxRssKiB } = await measure('cold-start.mjs', [client, baseUrl]);
    return { coldStartMs: Number(BigInt(answeredAt) - spawnedAt) / 1e6, maxRssMiB: maxRssKiB / 1024 };
  },
);
server.disconnect();

const report = formatReport({
  loads,
  activities,
  decodes,
  metered,
  spends,
  ledger,
  balances,
  requests,
  colds,
  plan,
  machine: describeMachine(),
  labels: labels(),
});
console.log(`\n${report}`);
console.log(`Took ${Math.round((Date.now() - startedAt) / 1000)} s.`);
if (isQuick) {
  console.log('A quick look: too few calls to compare by; bench/results.md is left as it was.');
} else {
  writeFileSync(pathOf('results.md'), report);
  console.log('Written to bench/results.md.');
}

/** The results of each round; none without a Redis. */
async function measureSpendLimits() {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    return [];
  }
  const { spendTurns, pairsPerTurn, pairsTogether, limitedPerTurn, subjects } = plan;
  const args = [baseUrl, spendTurns, pairsPerTurn, pairsTogether, limitedPerTurn, subjects];
  const measuredRounds = await rounds('spend limits', plan.spendRounds, [['all']], async () =>
    measure('spend-limits.mjs', args),
  );
  return measuredRounds.all;
}

/** `undefined` without a PostgreSQL. */
async function measureLedger() {
  if (!HAS_POSTGRES) {
    return undefined;
  }
  console.error('ledger');
  return measure('postgres.mjs', [baseUrl, plan.pairSeconds, plan.ledgerCompletions, plan.ledgerRows]);
}

function build() {
  const { status } = spawnSync('npm run --silent build', {
    cwd: fileURLToPath(new globalThis.URL('..', import.meta.url)),
    shell: true,
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

/** Measures every client once per round. Returns the results by client, in the order of the rounds. */
async function rounds(what, count, clients, once) {
  const results = Object.fromEntries(clients.map(([client]) => [client, []]));
  for (let round = 1; round <= count; round += 1) {
    console.error(`${what}: round ${round} of ${count}`);
    for (const [client] of clients) {
      results[client].push(await once(client));
    }
  }
  return results;
}

/** Runs a script in a fresh process of plain Node and returns what it reports. */
function measure(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [pathOf(script), ...args.map(String)], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve(JSON.parse(output));
      } else {
        reject(new Error(`${script} ${args[0]} ended with ${code}`));
      }
    });
  });
}

/** A clean environment: it loads no tool into a measured process, caches none of its code, and sets no proxy. */
function cleanEnvironment() {
  const unwanted = /^(NODE_|npm_|(https?|all|no)_proxy$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

function describeMachine() {
  const [cpu] = os.cpus();
  return {
    Machine: `${cpu?.model.trim() ?? 'unknown CPU'}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    System: `${os.type()} ${os.release()}, ${os.arch()}`,
    Node: process.version,
    Packages: PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', '),
    Date: new Date().toISOString().slice(0, 10),
  };
}

function versionOf(name) {
  const manifest = new globalThis.URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

function labels() {
  return Object.fromEntries([
    ...LOAD_CLIENTS,
    ...LOWER_BOUNDS,
    ...NEST_CLIENTS,
    ...ACTIVITY_CLIENTS,
    ...METERING_CLIENTS,
    ...DECODE_STEPS,
    ...BALANCE_STEPS,
  ]);
}

function pathOf(name) {
  return fileURLToPath(new globalThis.URL(name, import.meta.url));
}
