// A process that is started, asks once and is done: node cold-start.mjs <client> <base URL>
import { openClient, report } from './shared.mjs';

const [name, baseUrl] = process.argv.slice(2);
await openClient(name, baseUrl);
// The clock is the machine's, so that the runner can compare it with the moment at which it started this process.
report({ answeredAt: String(process.hrtime.bigint()), maxRssKiB: process.resourceUsage().maxRSS });
