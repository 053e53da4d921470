// The tests of spend limits that have a short and a long version, in their long one: 100 000 commands to each store beside
// the model, and processes that are killed at every point, with 14 completions each, 266 at once.
//
//   node .ci/spend-soak.mjs            with a seed of its own, which it prints
//   SEED=7 node .ci/spend-soak.mjs     the same commands, completions and amounts again
import { spawnSync } from 'node:child_process';

const PATHS = [
  'test/postgres/killed-processes.spec.ts',
  'test/postgres/postgres-spend-store.spec.ts',
  'test/redis/killed-processes.spec.ts',
  'test/redis/redis-spend-store.spec.ts',
  'test/spend-limits/in-memory-spend-store.spec.ts',
];
const TESTS =
  'killed between|does what the model does|where everything happens at once|do everything at once';
const JEST = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

const seed = process.env.SEED ?? String(Math.floor(Math.random() * 1e9));
console.log(`SEED=${seed} node .ci/spend-soak.mjs   (Node ${process.version})`);
const { status } = spawnSync(
  process.execPath,
  [...JEST, ...PATHS, '--maxWorkers', '2', '--testTimeout', '600000', '--testNamePattern', TESTS],
  { stdio: 'inherit', env: { ...process.env, SPEND_SOAK: '1', SEED: seed } },
);
process.exitCode = status ?? 1;
