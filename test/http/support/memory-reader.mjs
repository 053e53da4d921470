// Makes one call, in a process of its own, on the built package, and tells what it has cost at its peak.
import { OpenRouterClient } from 'nestjs-openrouter';

const { baseUrl } = JSON.parse(process.argv[2]);
const client = new OpenRouterClient({
  managementKey: 'sk-or-v1-0f1e2d3c4b5a6978',
  baseUrl,
  retry: false,
  timeoutMs: 120_000,
  deadlineMs: 120_000,
});
const inUse = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

globalThis.gc();
const before = inUse();
let peak = before;
let longestMs = 0;
let at = process.cpuUsage();
/** Time of this process's own, so that a busy machine does not count. */
const look = () => {
  const { user, system } = process.cpuUsage(at);
  longestMs = Math.max(longestMs, (user + system) / 1_000);
  peak = Math.max(peak, inUse());
  at = process.cpuUsage();
};
const timer = setInterval(look, 1);
const outcome = await client.credits.getCredits().then(
  ({ balance }) => ({ balance }),
  ({ name, message }) => ({ name, message: message.slice(0, 200) }),
);
look();
clearInterval(timer);
await client.close();
process.stdout.write(JSON.stringify({ outcome, bytes: peak - before, longestMs }));
