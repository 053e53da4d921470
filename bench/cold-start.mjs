// A process that starts, makes one request and ends: node cold-start.mjs <client> <base URL>
import { openClient, report } from './shared.mjs';

const [name, baseUrl] = process.argv.slice(2);
await openClient(name, baseUrl);
// The machine's clock, so that the runner can compare it with the time at which it started this process.
report({ answeredAt: String(process.hrtime.bigint()), maxRssKiB: process.resourceUsage().maxRSS });
