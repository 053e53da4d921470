// A process that parses and decodes ten thousand rows repeatedly: node activity-decode.mjs <warm-up> <times>
import { performance } from 'node:perf_hooks';
import { decodeActivity } from '../dist.modules/activity/activity.decoder.js';
import { activityAnswer, ROWS } from './activity-rows.mjs';
import { median, report } from './shared.mjs';

const [warmUp, times] = process.argv.slice(2).map(Number);
const text = JSON.stringify(activityAnswer());
const parse = [];
const decode = [];

for (let done = 0; done < warmUp + times; done += 1) {
  const start = performance.now();
  const body = JSON.parse(text);
  const parsed = performance.now();
  const items = decodeActivity(body);
  const decoded = performance.now();
  if (items.length !== ROWS) {
    throw new Error('did not read the rows');
  }
  if (done >= warmUp) {
    parse.push(parsed - start);
    decode.push(decoded - parsed);
  }
}

report({ parseMs: median(parse), decodeMs: median(decode) });
