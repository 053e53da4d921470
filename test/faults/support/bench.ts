import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterClient } from '../../../lib/openrouter.client.js';
import { leaksIn } from '../../support/leaks.js';
import { API_KEY, cleanUp, clientOf, MANAGEMENT_KEY, startTcpServer } from '../../support/servers.js';
import { until } from '../../support/waiting.js';
import type { Ending, Fault, Method, Scene, Way } from './fault.js';

/** Makes every limit of the bench longer, for a machine that has better things to do. */
export const SLOWNESS = Number(process.env['FAULT_SLOWNESS'] ?? 1);

/** One attempt of a call that is to run out of time. */
export const ATTEMPT_MS = 100 * SLOWNESS;
const DEADLINE_MS = 1_000 * SLOWNESS;
const GRACE_MS = 100 * SLOWNESS;

/** Where a fault needs time: each attempt has little, and the call enough for two of them. */
export const SHORT = { timeoutMs: ATTEMPT_MS, deadlineMs: 4 * ATTEMPT_MS };

const RETRY = { maxRetries: 1, initialDelayMs: 1, maxDelayMs: 4 };
const SECRETS = [API_KEY, MANAGEMENT_KEY];
const HANDLES = ['TCPSocketWrap', 'TCPServerWrap', 'ConnectWrap', 'GetAddrInfoReqWrap', 'Timeout'];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Row {
  readonly number: number;
  readonly title: string;
  readonly ways: readonly string[];
  readonly note: string | undefined;
  readonly cells: Partial<Record<Method, { text: string; passed: boolean }>>;
}

/** Runs every fault of a table as tests, and tells what came out if `FAULT_ROWS` names a folder for it. */
export function runFaults(subject: string, faults: readonly Fault[]): void {
  const rows: Row[] = [];
  afterEach(cleanUp);
  afterAll(() => {
    const folder = process.env['FAULT_ROWS'];
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${subject.replace(/\W+/g, '-')}.json`), JSON.stringify(rows));
    }
  });

  describe(subject, () => {
    for (const fault of faults) {
      const ways = typeof fault.ways === 'function' ? { '': fault.ways } : fault.ways;
      const row: Row = {
        number: fault.number,
        title: fault.title,
        ways: Object.keys(ways).filter((name) => name !== ''),
        note: fault.note,
        cells: {},
      };
      rows.push(row);
      /** Requests of the GET, by the way in which the fault happens: a POST never arrives more often. */
      const sentByGet = new Map<string, number>();
      for (const [method, ending] of [
        ['GET', fault.get],
        ['POST', fault.post],
      ] as const) {
        if (ending === undefined) continue;
        const cell = { text: '', passed: true };
        row.cells[method] = cell;
        for (const [name, way] of Object.entries(ways)) {
          it(
            `${fault.number}. ${fault.title}${name === '' ? '' : `, ${name}`}: ${method}`,
            async () => {
              const seen = await run({ fault, way, method, ending }).catch((error: unknown) => {
                cell.passed = false;
                throw error;
              });
              if (method === 'GET') sentByGet.set(name, seen.sent);
              else expect(seen.sent).toBeLessThanOrEqual(sentByGet.get(name) ?? Infinity);
              const text = describeEnding(seen);
              cell.passed &&= cell.text === '' || cell.text === text;
              cell.text = text;
            },
            LONGEST_TEST_MS,
          );
        }
      }
    }
  });
}

/** What a call may take is held by the deadlines; a thousand calls at once also take the time of a busy machine. */
const LONGEST_TEST_MS = 30_000;

interface Run {
  readonly fault: Fault;
  readonly way: Way;
  readonly method: Method;
  readonly ending: Ending;
}

/** Puts a client before a scene, and holds everything that can be seen of it to what is expected. */
async function run({ fault, way, method, ending }: Run): Promise<Ending> {
  const handlesBefore = openHandles();
  const foreign = await startTcpServer((socket) => socket.resume());
  const scene = await way({ method, foreignUrl: foreign.baseUrl });
  const {
    timeoutMs = DEADLINE_MS,
    deadlineMs = DEADLINE_MS,
    retry,
    ...options
  } = { ...fault.options, ...scene.options };
  const client = clientOf(scene.baseUrl, {
    allowInsecureBaseUrl: true,
    ...options,
    timeoutMs,
    deadlineMs,
    retry: retry === false ? false : { ...RETRY, ...retry },
  });
  await scene.prepare?.(client);
  const timersBefore = openHandles().get('Timeout') ?? 0;

  const heap = fault.heapMb === undefined ? undefined : new HeapWatch();
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();
  const start = performance.now();
  const outcome = await settled(
    (scene.call ?? ((of: OpenRouterClient) => callOf(of, method)))(client),
    10 * deadlineMs,
  );
  const tookMs = performance.now() - start;
  stalls.disable();
  const heapMb = heap?.end() ?? 0;

  // A timer of the call's own would still be there; those of the server end with the connection that the call ends.
  await until(() => (openHandles().get('Timeout') ?? 0) <= timersBefore);
  await scene.verify?.(outcome, client);
  const leaks = [...leaksIn(outcome, SECRETS), ...leaksIn(client, SECRETS)];
  await client.close();
  await scene.end?.();
  // The server reads what is still under way to it, and with that the end of every connection that the client ends.
  await until(() => (openHandles().get('TCPSocketWrap') ?? 0) <= (handlesBefore.get('TCPSocketWrap') ?? 0));
  const seen = observed(outcome, ending, scene);
  const foreignConnections = foreign.sockets.length;
  await cleanUp();

  expect(seen).toEqual(ending);
  // Whatever the table says: only a caller who has opted in has a POST repeated.
  const isRepeatable = method === 'GET' || (typeof retry === 'object' && retry.retryThrottledPost === true);
  if (!isRepeatable) expect(seen.sent).toBeLessThanOrEqual(scene.calls ?? 1);
  expect(foreignConnections).toBe(0);
  expect(leaks).toEqual([]);
  expect(tookMs).toBeLessThan(deadlineMs + GRACE_MS + stalls.max / 1e6);
  expect(heapMb).toBeLessThanOrEqual(fault.heapMb ?? 0);
  await until(() => HANDLES.every((type) => count(openHandles(), type) <= count(handlesBefore, type)));
  return seen;
}

/** The plain call of a method. */
export function callOf(
  client: OpenRouterClient,
  method: Method,
  options?: Parameters<OpenRouterClient['credits']['getCredits']>[0],
): Promise<unknown> {
  return method === 'GET'
    ? client.credits.getCredits(options)
    : client.credits.createCoinbaseCharge({ amount: 7 }, options);
}

/** How a promise ends; a text if it does not. */
async function settled(call: Promise<unknown>, withinMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      call.catch((error: unknown) => error),
      new Promise((resolve) => {
        timer = setTimeout(resolve, withinMs, 'never settled');
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was seen, in the terms in which it was expected. */
function observed(outcome: unknown, expected: Ending, scene: Scene): Ending {
  const read = (name: string): unknown => Reflect.get(Object(outcome) as object, name);
  return {
    sent: scene.sent(),
    ...(expected.tries !== undefined && { tries: scene.tries?.() ?? 0 }),
    outcome: nameOf(outcome),
    ...Object.fromEntries(
      (['delivery', 'phase'] as const).flatMap((name) =>
        read(name) === undefined ? [] : [[name, read(name)]],
      ),
    ),
    ...(expected.also && {
      also: Object.fromEntries(Object.keys(expected.also).map((name) => [name, read(name)])),
    }),
  };
}

function nameOf(outcome: unknown): string {
  if (outcome instanceof Error) {
    const short = /^OpenRouter(\w+)Exception$/.exec(outcome.name)?.[1];
    return short ?? `${outcome.name}: ${outcome.message}`;
  }
  return typeof outcome === 'string' ? outcome : 'value';
}

function describeEnding({ sent, tries, outcome, delivery, phase, also }: Ending): string {
  const times =
    tries === undefined || tries === sent
      ? `${sent}×`
      : `${sent}× (${tries} ${tries === 1 ? 'try' : 'tries'})`;
  const named = outcome === 'Api' ? `Api ${String(also?.['status'])}` : outcome;
  return [times, named, delivery, phase].filter((part) => part !== undefined).join(' · ');
}

function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

function count(handles: ReadonlyMap<string, number>, type: string): number {
  return handles.get(type) ?? 0;
}

/** Looks at the memory again and again, since a peak is over when the call is. */
class HeapWatch {
  readonly #start: number;
  #most = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    collectGarbage();
    this.#start = used();
    this.#timer = setInterval(() => this.#look(), 2);
  }

  /** Megabytes that were in use at most beyond those at the start. */
  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#most / 1e6;
  }

  #look(): void {
    this.#most = Math.max(this.#most, used() - this.#start);
  }
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
