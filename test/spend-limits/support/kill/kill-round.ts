import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type CompletionCost, OpenRouterClient, type SpendStore } from '../../../../lib/index.js';
import { OpenRouterSandbox } from '../../../../lib/testing/index.js';
import { sleep, until } from '../../../support/waiting.js';
import { askedAgain } from '../asked-again.js';
import { AnswerProxy } from './answer-proxy.js';
import { CommandProxy, type SeenHold } from './command-proxy.js';
import { KillPoint, type Moment, type Step } from './kill-point.js';
import type { StoreProtocol } from './store-protocol.js';

const TENANTS = ['acme', 'globex', 'initech'];
const LEASE_MS = 1_500;

/** What a completion is billed at most; half of it on average. */
const MOST_USD = 0.01;

/** Endings of completions. Each of them comes to other points. */
const KINDS = {
  stream: { isStream: true, chunks: 6, chunkDelayMs: 10 },
  long: { isStream: true, chunks: 40, chunkDelayMs: 40 },
  json: { isStream: false },
  uncosted: { isStream: true, chunks: 3, usage: 'missing' },
  refused: { isStream: false },
  unanswered: { isStream: false },
} as const;
type Kind = keyof typeof KINDS;

/** A completion of each kind at least, so that every process comes to its point. */
const MIXTURE: readonly Kind[] = ['long', 'uncosted', 'refused', 'unanswered', 'json', 'stream', 'stream'];

/** One completion that a process is told to send. */
interface Call {
  readonly call: string;
  readonly tenant: string;
  readonly kind: Kind;
  readonly usd: number;
  readonly holdUsd: number;
}

/** A server on which processes share a store. */
export interface KillStore {
  readonly port: number;
  readonly protocol: () => StoreProtocol;
  /** The program of a process, and what it is told of its store, whose server it finds at a port. */
  readonly program: string;
  readonly place: (port: number) => object;
  /** The same store, for the process that lives on. */
  readonly store: SpendStore;
}

export interface KillRound extends KillStore {
  readonly points: readonly (readonly [Step, Moment])[];
  /** How many completions each process sends at once. */
  readonly calls: number;
  /** Which part of them fits into the limits. */
  readonly share: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface KillReport {
  /** What was wrong, a line each. */
  readonly violations: readonly string[];
  /** How many were billed, or held by processes that were killed before they knew the generation. */
  readonly billed: number;
  readonly lost: number;
  /** How many were refused, of all that were sent by those who lived to tell. */
  readonly refused: number;
}

/** A process of the application, behind proxies of its own. */
class Replica {
  private child: ChildProcess | undefined;
  /** What it has told, if it was not killed. */
  statuses: readonly number[] = [];

  private constructor(
    readonly point: KillPoint,
    readonly calls: readonly Call[],
    readonly commands: CommandProxy,
  ) {}

  static async prepare(
    [step, moment]: readonly [Step | undefined, Moment],
    calls: readonly Call[],
    { port, protocol, random }: KillRound,
  ): Promise<Replica> {
    // Everything else may come once only; several chunks may be one on a busy machine.
    const nth = step === 'chunk' ? 1 + Math.floor(random() * 3) : 1;
    const point: KillPoint = new KillPoint(step, moment, nth, () => replica.child?.kill('SIGKILL'));
    const commands = await CommandProxy.start(port, protocol, point);
    const replica = new Replica(point, calls, commands);
    return replica;
  }

  async start(number: number, options: object, { place, program }: KillRound): Promise<void> {
    const headers = { 'x-replica': String(number) };
    const given = { options: { ...options, headers }, ...place(this.commands.port) };
    this.child = fork(program, [JSON.stringify(given)], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(this.child, 'message');
  }

  /** Sends its completions until it has ended, or is killed. */
  async work(replica: number): Promise<void> {
    const orders = this.calls.map(({ call, tenant, kind, usd, holdUsd }) => ({
      scope: { call, tenant },
      holdUsd,
      body: { stream: KINDS[kind].isStream, user: JSON.stringify({ replica, kind, call, usd }) },
    }));
    this.child!.on('message', (statuses: number[]) => {
      this.statuses = statuses;
    });
    this.child!.send(orders);
    await once(this.child!, 'exit');
    await until(() => this.commands.isQuiet);
    await this.commands.stop();
  }
}

/**
 * Lets processes send completions under shared limits, kills each of them at another point, and compares what another
 * process then finds with what the sandbox has billed.
 */
export async function runKillRound(round: KillRound): Promise<KillReport> {
  const sandbox = await OpenRouterSandbox.start({
    generationMisses: 1,
    credits: { totalCredits: 1e6, totalUsage: 0 },
  });
  sandbox.onCompletion(({ body }) => {
    const { kind, usd } = JSON.parse((body as { user: string }).user) as Call;
    const { isStream: _isStream, ...decision } = KINDS[kind] as { isStream: boolean };
    return { usd, ...decision };
  });
  // One lives.
  const points = [...round.points, [undefined, 'before'] as const];
  const replicas = await Promise.all(
    points.map((point, number) => Replica.prepare(point, callsOf(number, round), round)),
  );
  const answers = await AnswerProxy.start(
    new URL(sandbox.baseUrl).origin,
    replicas.map(({ point }) => point),
  );
  const limitUsd = points.length * round.calls * (MOST_USD / 2) * round.share;
  const limits = { all: limitUsd, tenant: limitUsd / 2 };
  const rules = [
    { by: 'tenant', usd: limits.tenant, period: 'total' },
    { by: [], usd: limits.all, period: 'total' },
  ] as const;
  const options = {
    apiKey: sandbox.apiKey,
    baseUrl: `${answers.url}/api/v1`,
    metering: { lookupDelaysMs: [20, 100, 500, 2_000, 5_000] },
    spendLimits: { rules: [...rules], leaseMs: LEASE_MS, learnHolds: false },
  };
  const survivor = new OpenRouterClient({
    ...options,
    spendLimits: { ...options.spendLimits, store: round.store },
  });
  const found: CompletionCost[] = [];
  survivor.metering.costs$.subscribe((cost) => found.push(cost));

  try {
    await Promise.all(replicas.map((replica, number) => replica.start(number, options, round)));
    await Promise.all(replicas.map((replica, number) => replica.work(number)));
    const usageOf = (tenant: string) =>
      askedAgain(() => survivor.spendLimits.usage({ tenant, call: 'none' }));
    await until(async () => {
      await sleep(20);
      const usages = (await Promise.all(TENANTS.map(usageOf))).flat();
      return usages.every(({ heldUsd, unsettledUsd }) => heldUsd === 0 && unsettledUsd === 0);
    }, 100_000);
    const spent = new Map<string, number>();
    for (const tenant of TENANTS) {
      const [own, all] = await usageOf(tenant);
      spent.set(tenant, own!.spentUsd);
      spent.set('', all!.spentUsd);
    }
    return judge(replicas, sandbox.charges, found, spent, limits);
  } finally {
    await survivor.close();
    await answers.stop();
    await sandbox.stop();
  }
}

function callsOf(replica: number, { calls, random }: KillRound): readonly Call[] {
  return Array.from({ length: calls }, (_, index) => {
    const usd = Math.ceil(random() * MOST_USD * 1e9) / 1e9;
    return {
      call: `${replica}-${index}`,
      tenant: TENANTS[Math.floor(random() * TENANTS.length)]!,
      kind: MIXTURE[index % MIXTURE.length]!,
      usd,
      // Some are under-estimated, most are not.
      holdUsd: Math.ceil(usd * (0.5 + random()) * 1e9) / 1e9,
    };
  });
}

const nanoOf = (usd: number): number => Math.round(usd * 1e9);

function judge(
  replicas: readonly Replica[],
  charges: OpenRouterSandbox['charges'],
  found: readonly CompletionCost[],
  spent: ReadonlyMap<string, number>,
  limits: { readonly all: number; readonly tenant: number },
): KillReport {
  const violations: string[] = [];
  const bills = new Map(charges.map(({ user, usd }) => [(JSON.parse(user!) as Call).call, nanoOf(usd)]));
  const expected = new Map<string, number>();
  const billed = new Map<string, number>();
  const beyond = new Map<string, number>();
  const add = (sums: Map<string, number>, tenant: string, nanoUsd: number): void => {
    for (const name of [tenant, '']) sums.set(name, (sums.get(name) ?? 0) + nanoUsd);
  };
  const listed = new Set(found.filter(({ source }) => source === 'hold').map(({ id }) => id));
  let lost = 0;
  for (const { point, calls, commands } of replicas) {
    if (point.step !== undefined && !point.isReached) violations.push(`nobody was killed ${String(point)}`);
    const holds = groupedByCall(commands.holds.values());
    for (const { call, tenant, kind } of calls) {
      // One that the store has not answered in time is sent again.
      const own = holds.get(call) ?? [];
      const bill = bills.get(call) ?? 0;
      const heldNanoUsd = Math.max(0, ...own.map(({ nanoUsd }) => nanoUsd));
      if (bill > 0 && own.length === 0) violations.push(`${call} (${kind}) was billed without a hold`);
      add(billed, tenant, bill);
      add(beyond, tenant, Math.max(0, bill - heldNanoUsd));
      for (const hold of own) {
        const isLost = hold.state === 'held' && !hold.isAttached;
        if (isLost) lost += 1;
        if (isLost && !listed.has(hold.id))
          violations.push(`${call} (${kind}, ${String(point)}) is not listed`);
        add(expected, tenant, bookedFor(hold, bill));
      }
    }
  }
  for (const [tenant, usd] of spent) {
    const name = tenant === '' ? 'all' : tenant;
    const sum = expected.get(tenant) ?? 0;
    if (nanoOf(usd) !== sum) violations.push(`${name}: ${nanoOf(usd)} counted, ${sum} expected`);
    const limit = nanoOf(tenant === '' ? limits.all : limits.tenant);
    const bound = limit + (beyond.get(tenant) ?? 0);
    if ((billed.get(tenant) ?? 0) > bound) violations.push(`${name} was billed more than ${bound}`);
  }
  const refused = replicas.flatMap(({ statuses }) => statuses).filter((status) => status === 402).length;
  return { violations, billed: bills.size, lost, refused };
}

function groupedByCall(holds: Iterable<SeenHold>): ReadonlyMap<string, readonly SeenHold[]> {
  const groups = new Map<string, SeenHold[]>();
  for (const hold of holds) groups.set(hold.call, [...(groups.get(hold.call) ?? []), hold]);
  return groups;
}

/** What must have been booked for a hold: its bill, or what was held, where nobody knew the generation. */
function bookedFor({ state, isAttached, nanoUsd }: SeenHold, bill: number): number {
  switch (state) {
    case 'released':
      return 0;
    case 'provisional':
      return nanoUsd;
    case 'settled':
      return bill;
    default:
      return isAttached ? bill : nanoUsd;
  }
}
