// A process that requests ten thousand rows repeatedly: node activity.mjs <client> <base URL> <warm-up> <calls>
import { performance } from 'node:perf_hooks';
import { ROWS } from './activity-rows.mjs';
import { median, report } from './shared.mjs';

const [name, baseUrl, ...counts] = process.argv.slice(2);
const [warmUp, calls] = counts.map(Number);
const { open } = await import(new globalThis.URL(`./clients/${name}.mjs`, import.meta.url));
const client = await open(baseUrl);

await timed(warmUp);
const before = process.cpuUsage();
const times = await timed(calls);
const { user, system } = process.cpuUsage(before);

report({ callMs: median(times), callCpuMs: (user + system) / 1_000 / calls });

/** The duration of each call, in milliseconds. */
async function timed(count) {
  const times = [];
  for (let done = 0; done < count; done += 1) {
    const start = performance.now();
    const rows = client.rows(await client.call());
    times.push(performance.now() - start);
    if (rows.length !== ROWS || typeof rows[ROWS - 1].byokUsageInference !== 'number') {
      throw new Error(`${name}: did not read the rows`);
    }
  }
  return times;
}
