// A process that calls repeatedly: node load.mjs <client> <base URL> <warm-up> <calls> <concurrent calls>
import { performance } from 'node:perf_hooks';
import { openClient, report } from './shared.mjs';

const CONCURRENCY = 50;

const [name, baseUrl, ...counts] = process.argv.slice(2);
const [warmUp, calls, concurrentCalls] = counts.map(Number);
const client = await openClient(name, baseUrl);

await oneByOne(warmUp);
const cpuAlone = await cpuMicrosPer(calls, () => oneByOne(calls));
const alone = await timed(calls, 1);
await timed(Math.ceil(concurrentCalls / 5), CONCURRENCY);
let together;
const cpuTogether = await cpuMicrosPer(concurrentCalls, async () => {
  together = await timed(concurrentCalls, CONCURRENCY);
});

report({
  cpuAlone,
  cpuTogether,
  p50Alone: percentile(alone, 0.5),
  p99Alone: percentile(alone, 0.99),
  p50Together: percentile(together, 0.5),
  p99Together: percentile(together, 0.99),
});

/** The CPU time (user and system) of the whole process per call, in microseconds. */
async function cpuMicrosPer(count, run) {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function oneByOne(count) {
  for (let done = 0; done < count; done += 1) {
    await client.call();
  }
}

/** The duration of each call, in milliseconds, in ascending order. */
async function timed(count, concurrency) {
  const times = new Float64Array(count);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const start = performance.now();
      await client.call();
      times[index] = performance.now() - start;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return times.sort();
}

function percentile(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.ceil(share * ascending.length) - 1)];
}
