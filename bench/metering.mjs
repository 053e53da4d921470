// Measures `openai` with plain `fetch` and with `metering.fetch`, in turns in one process, so that both meet the same
// machine: CPU and time to the first byte of a stream and of a small answer, and how many events the meter parses.
import OpenAI from 'openai';
import { OpenRouterClient } from 'nestjs-openrouter';
import { API_KEY, EVENTS, median, report } from './shared.mjs';

const [baseUrl, turns, streamsPerTurn, answersPerTurn, streamsToWarmUp, answersToWarmUp] =
  process.argv.slice(2);
const account = new OpenRouterClient({ apiKey: API_KEY, baseUrl });
const fetches = { plain: globalThis.fetch, metered: account.metering.fetch };
const clients = Object.entries(fetches).map(([name, fetch]) => [
  name,
  new OpenAI({ apiKey: API_KEY, baseURL: baseUrl, fetch, maxRetries: 0 }),
]);
const prompt = {
  model: 'openai/gpt-5-mini',
  messages: [{ role: 'user', content: 'Say hello. '.repeat(20) }],
};

/** @returns The time to the first event, in milliseconds. */
async function stream(client) {
  const startedAt = performance.now();
  let firstMs;
  for await (const event of await client.chat.completions.create({ ...prompt, stream: true })) {
    firstMs ??= event.id === undefined ? undefined : performance.now() - startedAt;
  }
  return firstMs;
}

/** @returns The time to the answer, in milliseconds. */
async function answer(client) {
  const startedAt = performance.now();
  await client.chat.completions.create(prompt);
  return performance.now() - startedAt;
}

/** @param warmUp - Calls by either client before anything is measured. */
async function compare(call, count, warmUp) {
  for (let index = 0; index < warmUp; index += 1) for (const [, client] of clients) await call(client);
  const cpu = { plain: [], metered: [] };
  const ms = { plain: [], metered: [] };
  for (let turn = 0; turn < Number(turns); turn += 1) {
    for (const [name, client] of turn % 2 === 0 ? clients : clients.toReversed()) {
      const before = process.cpuUsage();
      const times = [];
      for (let index = 0; index < count; index += 1) times.push(await call(client));
      const { user, system } = process.cpuUsage(before);
      cpu[name].push((user + system) / count);
      ms[name].push(median(times));
    }
  }
  return (name) => ({ cpu: median(cpu[name]), ms: median(ms[name]) });
}

/** How many events the meter parses of a stream that is read without parsing it. */
async function countParsed() {
  const { parse } = JSON;
  let count = 0;
  JSON.parse = (...given) => {
    count += 1;
    return parse(...given);
  };
  const body = JSON.stringify({ ...prompt, stream: true });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` };
  await (await fetches.metered(`${baseUrl}/chat/completions`, { method: 'POST', headers, body })).text();
  JSON.parse = parse;
  // One of them is the body of the request.
  return count - 1;
}

const streams = await compare(stream, Number(streamsPerTurn), Number(streamsToWarmUp));
const answers = await compare(answer, Number(answersPerTurn), Number(answersToWarmUp));
const result = (name) => ({
  streamCpu: streams(name).cpu,
  firstMs: streams(name).ms,
  answerCpu: answers(name).cpu,
  answerMs: answers(name).ms,
});
const parsed = await countParsed();
await account.close();
report({ plain: result('plain'), metered: { ...result('metered'), parsed, events: EVENTS } });
