import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { SpendUsage } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { until } from '../support/waiting.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

const REPLICAS = 4;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
const replicas: Replica[] = [];

/** A process of the application. */
class Replica {
  private readonly child: ChildProcess;
  private lastId = 0;

  constructor(settings: object) {
    this.child = fork('test/redis/support/limited-replica.mjs', [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  async ready(): Promise<void> {
    await once(this.child, 'message');
  }

  tell<T>(name: string, order: object = {}): Promise<T> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.child.on('message', (message: { id: number; result?: unknown; error?: string }) => {
        if (message.id !== id) return;
        if (message.error === undefined) resolve(message.result as T);
        else reject(new Error(message.error));
      });
      this.child.send({ id, name, ...order });
    });
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async end(): Promise<void> {
    if (this.child.connected) {
      this.child.send({ id: -1, name: 'end' });
      await once(this.child, 'exit');
    }
  }
}

async function start(count: number, spendLimits: object): Promise<Replica[]> {
  const { apiKey, baseUrl } = sandbox;
  const options = {
    apiKey,
    baseUrl,
    spendLimits: { rules: [{ by: 'tenant', usd: 5, period: 'day' }], holdUsd: 0.1, ...spendLimits },
  };
  const settings = { redisPort: server.port, options, prefix: randomUUID() };
  const started = Array.from({ length: count }, () => new Replica(settings));
  replicas.push(...started);
  await Promise.all(started.map((replica) => replica.ready()));
  return started;
}

beforeEach(async () => {
  server = await RedisServer.start();
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
});

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.end()));
  await sandbox.stop();
  await server.stop();
});

const billed = (): number => Math.round(sandbox.charges.reduce((sum, { usd }) => sum + usd * 1e9, 0)) / 1e9;

(HAS_REDIS ? describe : describe.skip)('processes under one spend limit', () => {
  it('let exactly as many completions pass as fit', async () => {
    const all = await start(REPLICAS, {});
    const statuses = await Promise.all(all.map((one) => one.tell<number[]>('complete', { times: 25 })));
    expect(statuses.flat().filter((status) => status === 200)).toHaveLength(50);
    expect(sandbox.charges).toHaveLength(50);
  });

  it('learn what was billed for the streams of one that was killed', async () => {
    const [killed, other] = (await start(2, { leaseMs: 1_000 })) as [Replica, Replica];
    sandbox.onCompletion(() => ({ chunks: 200, chunkDelayMs: 20 }));
    void killed.tell('complete', { times: 20, stream: true }).catch(() => undefined);
    const usage = (): Promise<SpendUsage> => other.tell('usage');
    // Then each hold has its generation.
    await until(async () => (await killed.tell<number>('answered')) === 20);
    expect((await usage()).heldUsd).toBe(2);
    await killed.kill();
    await until(async () => (await usage()).spentUsd > 0, 20_000);
    await until(async () => {
      const { heldUsd, unsettledUsd } = await usage();
      return heldUsd === 0 && unsettledUsd === 0;
    }, 20_000);
    expect(sandbox.charges).toHaveLength(20);
    expect((await usage()).spentUsd).toBe(billed());
  });
});
