import { expect } from '@jest/globals';
import type { SpendUsage } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { Replica } from './replica.js';
import { until } from './waiting.js';

const STREAMS = 20;
const PATIENCE_MS = 30_000;

const nano = (usd: number): number => Math.round(usd * 1e9);

/** A store with the programs that use it. */
export interface StoreOfPrograms {
  /** The folder of `nest-replica.mjs` and `limited-replica.mjs`. */
  readonly programs: string;
  /** How they reach the store. */
  readonly place: object;
}

/** How long the application waits, and how long its streams are. */
export const TERMINATIONS: readonly [string, { readonly shutdownMs: number; readonly chunks: number }][] = [
  ['is waited for until the streams have ended', { shutdownMs: 5_000, chunks: 50 }],
  ['leaves what is longer to another process', { shutdownMs: 100, chunks: 400 }],
];

/** Ends an application in the middle of its streams, and looks at what another process finds in the store. */
export async function terminatedAmidStreams(
  { programs, place }: StoreOfPrograms,
  { shutdownMs, chunks }: { readonly shutdownMs: number; readonly chunks: number },
): Promise<void> {
  const sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
  const { apiKey, baseUrl } = sandbox;
  const rules = [{ by: 'tenant', usd: 5, period: 'total' }];
  const spendLimits = { rules, holdUsd: 0.1, learnHolds: false, leaseMs: 1_000 };
  const settings = { ...place, options: { apiKey, baseUrl, spendLimits, metering: { shutdownMs } } };
  const replicas: Replica[] = [];
  const start = async (name: string): Promise<Replica> => {
    const replica = new Replica(`${programs}/${name}.mjs`, settings);
    replicas.push(replica);
    await replica.ready();
    return replica;
  };
  try {
    const ended = await start('nest-replica');
    sandbox.onCompletion(() => ({ chunks, chunkDelayMs: 20 }));
    await ended.tell('begin', { times: STREAMS });
    await until(async () => (await ended.tell<number>('begun')) === STREAMS, PATIENCE_MS);
    // Nest sends the signal to itself again, after its hooks.
    expect(await ended.terminate()).toBe('SIGTERM');

    const other = await start('limited-replica');
    let usage: SpendUsage | undefined;
    await until(async () => {
      usage = await other.tell<SpendUsage>('usage').catch(() => undefined);
      return sandbox.charges.length === STREAMS && usage?.heldUsd === 0 && usage.unsettledUsd === 0;
    }, PATIENCE_MS);
    expect(nano(usage!.spentUsd)).toBe(sandbox.charges.reduce((sum, { usd }) => sum + nano(usd), 0));
    expect(sandbox.charges.some(({ isCancelled }) => isCancelled)).toBe(shutdownMs < 1_000);
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()));
    await sandbox.stop();
  }
}
