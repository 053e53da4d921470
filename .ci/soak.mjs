// Two thousand calls of the built package, fifty at a time, against a server that answers them with faults at random:
//
//   node --expose-gc .ci/soak.mjs            with a seed of its own, which it prints
//   SEED=7 node --expose-gc .ci/soak.mjs     the same faults for the same calls again
//
// Ends with 1 if a promise did not settle, a POST arrived twice, an answer reached the wrong call, a failure told an
// untruth about its effect or a key, or anything is left over.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { OpenRouterClient } from 'nestjs-openrouter';
import { count, heapMb, pick, randomBy, sleep, watchSoak, workThrough } from './soak-tools.mjs';

const CALLS = 2_000;
const AT_A_TIME = 50;
const WARM_UP = 200;
const LIMITS = { timeoutMs: 100, deadlineMs: 400 };
// Generous: the whole machine may be busy.
const GRACE_MS = 1_000;
const LONGEST_MS = 60_000;
const HEAP_MB = 8;
const KEY = `sk-or-v1-${'c0ffee42'.repeat(8)}`;
const POISON = 1_000_000;

const violations = [];
const seed = watchSoak(violations, LONGEST_MS);
const started = performance.now();

const randomOf = randomBy(seed);

// --- the server ---

const OK = 'HTTP/1.1 200 OK\r\n';

function answer(body, { line = '200 OK', headers = {} } = {}) {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ 'content-length': bytes.length, ...headers }).map(
    (pair) => `${pair.join(': ')}\r\n`,
  );
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${line}\r\n${lines.join('')}\r\n`), bytes]);
}

const refusal = (status, headers) =>
  answer(`{"error":{"code":${status},"message":"no"}}`, { line: `${status} No`, headers });

function drip(socket, first, text) {
  socket.write(first);
  const timer = setInterval(() => socket.write(text), 10);
  socket.once('close', () => clearInterval(timer));
}

function flood(socket) {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  socket.write(`${OK}\r\n`);
  more();
}

/** What the server does with a request that it has read; `good` is the body that is due. */
const FAULTS = {
  answered: (socket, good) => socket.write(answer(good)),
  'answered late': (socket, good) => setTimeout(() => socket.write(answer(good)), 40),
  'answered too late': (socket, good) => setTimeout(() => socket.write(answer(good)), 150),
  'answered in chunks': (socket, good) =>
    socket.write(
      `${OK}transfer-encoding: chunked\r\n\r\n${good.length.toString(16)}\r\n${good}\r\n0\r\n\r\n`,
    ),
  'answered in gzip': (socket, good) =>
    socket.write(answer(gzipSync(good), { headers: { 'content-encoding': 'gzip' } })),
  'answered and closed, unannounced': (socket, good) => socket.end(answer(good)),
  'answered twice': (socket, good) => socket.write(Buffer.concat([answer(good), answer(poison())])),
  // Not to a GET: on a kept connection nobody could tell it from the answer to the next request.
  'answered again later': (socket, good, isPost) => {
    socket.write(answer(good));
    if (isPost) setTimeout(() => socket.write(answer(poison())), 3);
  },
  'an interim answer first': (socket, good) =>
    socket.write(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), answer(good)])),
  closed: (socket) => socket.end(),
  reset: (socket) => socket.resetAndDestroy(),
  silent: () => undefined,
  'dripping head': (socket) => drip(socket, OK, 'a: b\r\n'),
  'endless interim answers': (socket) => drip(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n'),
  'switched protocols': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  'no HTTP': (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
  'two lengths': (socket) => socket.write(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
  'a bad chunk': (socket) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`),
  'a short body': (socket, good) => socket.end(answer(good, { headers: { 'content-length': 999 } })),
  'a stalled body': (socket) => socket.write(`${OK}content-length: 9\r\n\r\n{`),
  'a dripping body': (socket) => drip(socket, `${OK}\r\n`, ' '),
  'an endless body': flood,
  '10 GB announced': (socket) => socket.write(`${OK}content-length: 10000000000\r\n\r\n{`),
  'gzip cut short': (socket, good) =>
    socket.write(answer(gzipSync(good).subarray(0, -8), { headers: { 'content-encoding': 'gzip' } })),
  'a bomb': (socket) => socket.write(answer(BOMB, { headers: { 'content-encoding': 'gzip' } })),
  'JSON cut short': (socket, good) => socket.write(answer(good.slice(0, -2))),
  'a page': (socket) => socket.write(answer('<html><title>Log in</title></html>')),
  nothing: (socket) => socket.write(answer('')),
  'another shape': (socket) => socket.write(answer('{"data":{}}')),
  'an error in a 200': (socket) => socket.write(answer('{"error":{"code":402,"message":"no"}}')),
  'a redirect': (socket) =>
    socket.write(answer('', { line: '307 Elsewhere', headers: { location: foreign.url } })),
  'come back at once': (socket) => socket.write(refusal(429, { 'retry-after': 0 })),
  'come back in an hour': (socket) => socket.write(refusal(503, { 'retry-after': 3_600 })),
  ...Object.fromEntries(
    [400, 401, 402, 404, 408, 409, 410, 429, 500, 502, 503, 524].map((status) => [
      `a ${status}`,
      (socket) => socket.write(refusal(status)),
    ]),
  ),
};
const BOMB = gzipSync(Buffer.alloc(20_000_000));
const poison = () => `{"data":{"total_credits":${POISON},"total_usage":0,"id":"${POISON}"}}`;

/** Half of the requests are answered well: the budget of retries is to be spent and filled up again. */
function faultOf(id, attempt) {
  const random = randomOf(`${id}/${attempt}`);
  return random() < 0.5 ? 'answered' : pick(Object.keys(FAULTS), random);
}

async function listen(onRequest) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end === -1 || text.length < end + 4 + length) return;
      const [head, body] = [text.slice(0, end), text.slice(end + 4, end + 4 + length)];
      text = text.slice(end + 4 + length);
      onRequest(socket, head, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return { port, url: `http://127.0.0.1:${port}/api/v1`, server, sockets };
}

/** How often each call has arrived, by its id. */
const arrived = new Map();
const used = new Map();

const upstream = await listen((socket, head, body) => {
  const id = /x-call: (\S+)/i.exec(head)[1];
  const attempt = (arrived.get(id) ?? 0) + 1;
  arrived.set(id, attempt);
  const isPost = head.startsWith('POST');
  if (isPost && JSON.parse(body).amount !== Number(id)) {
    violations.push(`call ${id} has sent the body ${body}`);
  }
  const fault = faultOf(id, attempt);
  used.set(fault, (used.get(fault) ?? 0) + 1);
  FAULTS[fault](socket, `{"data":{"total_credits":${id},"total_usage":0,"id":"${id}"}}`, isPost);
});
const foreign = await listen(() => violations.push('a request has reached another host'));
foreign.server.on('connection', () => violations.push('a connection has reached another host'));

// --- the clients ---

const options = {
  apiKey: KEY,
  allowInsecureBaseUrl: true,
  maxResponseBytes: 100_000,
  ...LIMITS,
  retry: { maxRetries: 2, initialDelayMs: 5, maxDelayMs: 20 },
};

/** Names that are not found, lead nowhere, never call back, or work. */
let lookups = 0;
function lookup(_host, _options, callback) {
  const random = randomOf(`lookup ${(lookups += 1)}`)();
  if (random < 0.2) {
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN'), {
      code: 'EAI_AGAIN',
      syscall: 'getaddrinfo',
    });
    setImmediate(callback, error);
  } else if (random < 0.4) setImmediate(callback, null, '127.0.0.2', 4);
  else if (random > 0.05 && random < 0.98) setImmediate(callback, null, '127.0.0.1', 4);
}

function openClients() {
  return {
    direct: new OpenRouterClient({ ...options, baseUrl: upstream.url }),
    byName: new OpenRouterClient({
      ...options,
      baseUrl: `http://api.test:${upstream.port}/api/v1`,
      axios: { lookup },
    }),
  };
}

const outcomes = new Map();
/** What each POST has said of its effect, by its id. */
const claims = new Map();
let settled = 0;
let latestMs = 0;

async function call(clients, id) {
  const random = randomOf(`call ${id}`);
  const isPost = random() < 0.5;
  const { credits } = random() < 0.3 ? clients.byName : clients.direct;
  const controller = random() < 0.1 ? new AbortController() : undefined;
  const timer = controller && setTimeout(() => controller.abort(), random() * 120);
  const request = { headers: { 'x-call': String(id) }, signal: controller?.signal };
  const from = performance.now();
  const result = await (
    isPost ? credits.createCoinbaseCharge({ amount: id }, request) : credits.getCredits(request)
  ).catch((error) => error);
  clearTimeout(timer);
  settled += 1;
  latestMs = Math.max(latestMs, performance.now() - from - LIMITS.deadlineMs);
  judge(id, isPost, result);
}

function judge(id, isPost, result) {
  const failed = result instanceof Error;
  const name = failed ? result.name : 'value';
  const outcome = [isPost ? 'POST' : 'GET ', name, failed ? (result.delivery ?? '') : ''].join(' ').trim();
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (isPost) claims.set(id, failed ? result.delivery : 'applied');
  if (!failed) {
    const got = isPost ? Number(result.id) : result.totalCredits;
    if (got !== id) violations.push(`call ${id} has got the answer ${inspect(result)}`);
    return;
  }
  if (!/^OpenRouter\w+Exception$/.test(name))
    violations.push(`call ${id} has failed with ${inspect(result)}`);
  if (inspect(result, { depth: Infinity, showHidden: true, getters: true }).includes(KEY.slice(-16))) {
    violations.push(`the failure of call ${id} shows the key`);
  }
}

const callAll = (clients, from, to) => workThrough(from, to, AT_A_TIME, (id) => call(clients, id));

// --- the run ---

console.log(`SEED=${seed} node --expose-gc .ci/soak.mjs   (Node ${process.version})`);
const clients = openClients();
await callAll(clients, 1, WARM_UP + 1);
await sleep(50);
const heapBefore = heapMb();

await callAll(clients, WARM_UP + 1, CALLS - AT_A_TIME + 1);
// The last ones are under way when the clients are closed.
const last = callAll(clients, CALLS - AT_A_TIME + 1, CALLS + 1);
await sleep(20);
await Promise.all(Object.values(clients).map((client) => client.close()));
await last;

const whatIsLeft = () => ({
  connections: upstream.sockets.size,
  sockets: count('TCPSocketWrap'),
  timers: count('Timeout'),
});
// The servers first read what was on its way to them, and end their own timers; on a busy machine that takes a while.
const end = performance.now() + GRACE_MS * 10;
while (performance.now() < end && Object.values(whatIsLeft()).some((number) => number > 0)) await sleep(20);
const left = whatIsLeft();
const grown = heapMb() - heapBefore;

if (settled !== CALLS) violations.push(`${CALLS - settled} calls have not settled`);
if (latestMs > GRACE_MS) violations.push(`a call has settled ${Math.round(latestMs)} ms after its deadline`);
for (const [id, delivery] of claims) {
  const times = arrived.get(String(id)) ?? 0;
  if (times > 1) violations.push(`POST ${id} has arrived ${times} times`);
  if (delivery === 'not-sent' && times > 0)
    violations.push(`POST ${id} has arrived, and was called not-sent`);
  if (['applied', 'rejected'].includes(delivery) && times === 0) {
    violations.push(`POST ${id} has not arrived, and was called ${delivery}`);
  }
}
for (const [what, number] of Object.entries(left)) {
  if (number > 0) violations.push(`${number} ${what} are left over`);
}
if (grown > HEAP_MB) violations.push(`the heap has grown by ${grown.toFixed(1)} MB`);

for (const [outcome, times] of [...outcomes].sort()) console.log(`${String(times).padStart(6)}  ${outcome}`);
const requests = [...arrived.values()].reduce((sum, times) => sum + times, 0);
console.log(
  `${settled} calls, ${requests} requests, ${used.size} of ${Object.keys(FAULTS).length} kinds of answer, ` +
    `at most ${Math.max(0, Math.round(latestMs))} ms after a deadline, heap ${grown.toFixed(1)} MB, ` +
    `${((performance.now() - started) / 1_000).toFixed(1)} s`,
);
for (const violation of violations) console.error(`!! ${violation}`);
process.exitCode = violations.length === 0 ? 0 : 1;

// Nothing is ended by force: the process is over once nothing is left to wait for.
upstream.server.close();
foreign.server.close();
