import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { type Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import type { SpendStore, SpendSubject } from '../../lib/contracts/spend-store.js';
import { RedisSpendStore, type RedisSpendClient } from '../../lib/redis/redis-spend-store.js';
import { spendStoreContract, type StoreUnderTest } from '../../lib/testing/index.js';
import { admitHalf, raceWithinLimits } from '../spend-limits/support/concurrent-commands.js';
import { compareWithModel } from '../spend-limits/support/model-commands.js';
import { describeStore } from '../support/store-contract.js';
import { sleep, until } from '../support/waiting.js';
import { RedisCluster } from './support/redis-cluster.js';
import { RedisProxy } from './support/redis-proxy.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

const ACCOUNT = 'ab'.repeat(32);

/** Databases that are compared with the model side by side. */
const LANES = [0, 1, 2, 3, 4, 5, 6, 7];

/** A subject with a limit of all time. */
function subjectOf(key: string, limitNanoUsd: number | null = 100): SpendSubject {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  return { root: 'c0ffee', key, windows: [{ spans, slots: 1, limitNanoUsd }] };
}

/** A store under a prefix of its own, so that it holds nothing. */
function opened(client: RedisSpendClient): Promise<StoreUnderTest<SpendStore>> {
  return Promise.resolve({ store: new RedisSpendStore(client, { prefix: randomUUID() }), pass: sleep });
}

(HAS_REDIS ? describe : describe.skip)('RedisSpendStore', () => {
  let server: RedisServer;
  let client: Redis;
  let client5: Redis5;
  let prefixing: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    const address = { host: '127.0.0.1', port: server.port };
    client = new Redis(address);
    client5 = new Redis5(address);
    prefixing = new Redis({ ...address, stringNumbers: true, keyPrefix: 'app:' });
  });

  afterAll(async () => {
    await Promise.all([client.quit(), client5.quit(), prefixing.quit()]);
    await server.stop();
  });

  describeStore('RedisSpendStore on ioredis 6', spendStoreContract, () => opened(client));
  describeStore('RedisSpendStore on ioredis 5', spendStoreContract, () => opened(client5));
  describeStore(
    'RedisSpendStore on a client that gives numbers as texts and prefixes keys',
    spendStoreContract,
    () => opened(prefixing),
  );

  it('does what the model does, whatever it loses', async () => {
    const proxies = await Promise.all(LANES.map(() => RedisProxy.start(server.port)));
    const clients = proxies.map(
      ({ port }, db) =>
        new Redis({ host: '127.0.0.1', port, db, retryStrategy: () => 1, maxRetriesPerRequest: null }),
    );
    for (const one of clients) one.on('error', () => undefined);
    await compareWithModel(
      (lane) => {
        const prefix = randomUUID();
        const open = (): RedisSpendStore => new RedisSpendStore(clients[lane]!, { prefix });
        return Promise.resolve({
          store: open(),
          pass: sleep,
          loseReply: () => proxies[lane]!.loseAnswersTo(prefix),
          crash: () => Promise.resolve(open()),
          loseData: async () => {
            await clients[lane]!.flushdb();
          },
        });
      },
      { lanes: LANES.length },
    );
    expect(proxies.every(({ lostAnswers }) => lostAnswers > 0)).toBe(true);
    for (const one of clients) one.disconnect();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('stays within the limits, and loses no bill, where several clients do everything at once', async () => {
    const prefix = randomUUID();
    const clients = [client, client.duplicate(), client.duplicate()];
    const stores = clients.map((one) => new RedisSpendStore(one, { prefix }));
    await raceWithinLimits(stores, 600, Math.random);
    await Promise.all(clients.slice(1).map((one) => one.quit()));
  });

  it('admits exactly half of those that are twice too many, round after round', async () => {
    await admitHalf((await opened(client)).store, 20);
  });

  it('reserves, extends and settles in one round trip each, and reads no whole record', async () => {
    const { store } = await opened(client);
    const subjects = [subjectOf('a1'), { ...subjectOf('b1'), root: 'e0' }];
    const request = { id: 'first', nanoUsd: 5, leaseMs: 60_000, subjects, note: '' };
    // Redis learns the scripts.
    const warm = await store.reserve(ACCOUNT, request);
    if (warm.status !== 'admitted') throw new Error(warm.status);
    await store.attach(ACCOUNT, warm.hold, 'gen', 60_000);
    await store.commit(ACCOUNT, warm.hold, 3);
    await client.config('RESETSTAT');
    const { hold } = (await store.reserve(ACCOUNT, { ...request, id: 'second' })) as typeof warm;
    await store.attach(ACCOUNT, hold, 'gen', 60_000);
    await store.extend(ACCOUNT, hold, 60_000);
    await store.commit(ACCOUNT, hold, 3);
    const stats = await client.info('commandstats');
    expect(/^cmdstat_evalsha:calls=(\d+)/m.exec(stats)?.[1]).toBe('4');
    expect(stats).not.toMatch(/cmdstat_(hgetall|keys|scan|hkeys|smembers|eval):/);
  });

  it('counts by the clock of Redis, also when that of the process jumps by days', async () => {
    const { store } = await opened(client);
    const DAY = 86_400_000;
    const from = Date.now() - DAY / 2;
    const spans = [-1, 0, 1].map((day) => ({
      id: `day:${day}`,
      from: from + day * DAY,
      to: from + (day + 1) * DAY,
      keepUntil: from + 9 * DAY,
    }));
    const present = Date.now;
    try {
      for (const slots of [1, 24]) {
        const subject = { root: 'c0ffee', key: `a${slots}`, windows: [{ spans, slots, limitNanoUsd: 100 }] };
        for (const [index, jumpMs] of [0, -2 * DAY, 0, 5 * DAY, 0].entries()) {
          Date.now = () => present() + jumpMs;
          const id = `${slots}-${index}`;
          const answer = await store.reserve(ACCOUNT, {
            id,
            nanoUsd: 5,
            leaseMs: DAY,
            subjects: [subject],
            note: '',
          });
          expect(answer).toMatchObject({
            hold: { places: [{ spanId: 'day:0' }] },
            figures: [[{ spanId: 'day:0', heldNanoUsd: 5 * (index + 1) }]],
          });
        }
      }
    } finally {
      Date.now = present;
    }
  });

  it('takes more calls at once than a silent server may queue', async () => {
    const { store } = await opened(client);
    const calls = Array.from({ length: 1_500 }, () => store.usage(ACCOUNT, [subjectOf('a1')]));
    expect((await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('keeps nothing for ever but open holds and the sums of all time, and shows no name', async () => {
    const prefix = randomUUID();
    const store = new RedisSpendStore(client, { prefix });
    const now = Date.now();
    const span = { id: 'day@UTC:x', from: 0, to: now + 60_000, keepUntil: now + 120_000 };
    const subject: SpendSubject = {
      root: 'c0ffee',
      key: 'a1',
      windows: [{ spans: [span], slots: 1, limitNanoUsd: 100 }],
    };
    for (const id of ['open', 'given-up', 'ended']) {
      const answer = await store.reserve(ACCOUNT, {
        id,
        nanoUsd: 5,
        leaseMs: 60_000,
        subjects: [subject],
        note: 'n',
      });
      if (answer.status !== 'admitted') throw new Error(answer.status);
      if (id === 'ended') await store.commit(ACCOUNT, answer.hold, 4);
      if (id === 'given-up') await store.giveUp(ACCOUNT, answer.hold);
    }
    const hoursOf = (ms: number) => (ms === -1 ? 'for ever' : Math.ceil(ms / 3_600_000));
    await store.learn(ACCOUNT, 'a model', 5);
    await store.epoch(ACCOUNT);
    const home = `${prefix}:{${ACCOUNT}}`;
    const ttls = Object.fromEntries(
      await Promise.all(
        (await client.keys(`${prefix}*`)).map(async (key) => [
          key.replace(home, '').replace(/[0-9a-f]{32}$/, 'HASH'),
          hoursOf(await client.pttl(key)),
        ]),
      ),
    );
    expect(ttls).toEqual({
      ':hold:open': 'for ever',
      ':hold:given-up': 7 * 24,
      ':hold:ended': 24,
      ':open': 'for ever',
      ':epoch': 400 * 24,
      ':bills:HASH': 30 * 24,
      [`${prefix}:{${ACCOUNT}.c0ffee}:span:a1:day@UTC:x`]: 1,
    });
  });

  it('needs no other rights than those that the guide lists', async () => {
    const guide = readFileSync('docs/spend-limits.md', 'utf8');
    const line = guide.split('\n').find((one) => one.includes('Access control (ACL)')) ?? '';
    const rights = line.match(/[~+][\w:*-]+/g) ?? [];
    await client.call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>secret', ...rights);
    const its = new Redis({
      host: '127.0.0.1',
      port: server.port,
      username: 'limited',
      password: 'secret',
      enableReadyCheck: false,
    });
    const store = new RedisSpendStore(its);
    const subject = subjectOf('a1');
    const reserve = async (id: string, leaseMs = 60_000) => {
      const answer = await store.reserve(ACCOUNT, { id, nanoUsd: 5, leaseMs, subjects: [subject], note: '' });
      if (answer.status !== 'admitted') throw new Error(answer.status);
      return answer.hold;
    };
    await store.commit(ACCOUNT, await reserve('billed'), 4);
    await store.release(ACCOUNT, await reserve('released'));
    await store.giveUp(ACCOUNT, await reserve('given-up'));
    await store.attach(ACCOUNT, await reserve('attached'), 'gen', 1);
    await sleep(5);
    const claims = await store.claim(ACCOUNT, 1, 60_000);
    expect(claims.map(({ hold }) => hold.id)).toEqual(['attached']);
    const request = { id: 'late', nanoUsd: 5, leaseMs: 60_000, subjects: [subject], note: '' };
    await store.cancel(ACCOUNT, request);
    await store.adjust(ACCOUNT, { id: 'refund', nanoUsd: -1, subjects: [subject] });
    await store.restore(ACCOUNT, [subject], [[50]]);
    await store.claimWarning(ACCOUNT, claims[0]!.hold.places[0]!, '0.8', 'first');
    await store.claimWarning(ACCOUNT, claims[0]!.hold.places[0]!, '0.8', 'second');
    await store.learn(ACCOUNT, 'a model', 5);
    await store.learned(ACCOUNT, 'a model');
    await store.epoch(ACCOUNT);
    await expect(store.check()).resolves.toEqual([]);
    await its.quit().catch(() => its.disconnect());
    await client.call('ACL', 'DELUSER', 'limited');
    for (const key of await client.keys('nestjs-openrouter:spend:1:*')) await client.del(key);
  });

  it('tells that it has lost something by another epoch, and that Redis may drop records', async () => {
    const other = await RedisServer.start();
    const its = new Redis({ host: '127.0.0.1', port: other.port, retryStrategy: () => 5 });
    its.on('error', () => undefined);
    const store = new RedisSpendStore(its);
    const first = await store.epoch(ACCOUNT);
    expect(await store.epoch(ACCOUNT)).toBe(first);
    await expect(store.check()).resolves.toEqual([]);
    await its.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(store.check()).resolves.toEqual([expect.stringContaining('allkeys-lru')]);
    await its.flushall();
    const second = await store.epoch(ACCOUNT);
    expect(second).not.toBe(first);
    await other.kill();
    await other.run();
    const third = await store.epoch(ACCOUNT);
    expect(third.split(' ')[1]).not.toBe(second.split(' ')[1]);
    await its.quit();
    await other.stop();
  });

  it('shows neither the client nor its password', () => {
    const secret = new Redis({ lazyConnect: true, password: 'the-password-of-redis' });
    const store = new RedisSpendStore(secret);
    expect(inspect(store, { depth: Infinity, showHidden: true })).not.toContain('the-password');
    secret.disconnect();
  });

  it.each([[{}], [null], ['redis://'], [{ evalsha: () => undefined }]])('refuses %j as a client', (given) => {
    expect(() => new RedisSpendStore(given as unknown as RedisSpendClient)).toThrow(/client must be/);
  });

  it.each(['', 'a b', '{a}', 'a\n', 'x'.repeat(101), 5])('refuses %j as a prefix', (prefix) => {
    expect(() => new RedisSpendStore(client, { prefix: prefix as string })).toThrow(/prefix/);
  });
});

(HAS_REDIS ? describe : describe.skip)('RedisSpendStore on a cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    client = cluster.open();
  }, 60_000);

  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  describeStore('RedisSpendStore on a Cluster of ioredis 6', spendStoreContract, () => opened(client));

  it('does what the model does', () =>
    compareWithModel(async () => ({ ...(await opened(client)), isPartitioned: true }), {
      lanes: LANES.length,
    }));

  it('admits exactly half of those that are twice too many, round after round', async () => {
    await admitHalf((await opened(client)).store, 10);
  });

  it('releases what was reserved in one root by a process that ended before it reached the last one', async () => {
    const prefix = randomUUID();
    const store = new RedisSpendStore(client, { prefix });
    const [narrow, broad] = [subjectOf('a1'), { ...subjectOf('b1'), root: 'e0' }];
    const request = { nanoUsd: 5, leaseMs: 50, note: '' };
    const amounts = async (subject: SpendSubject) => {
      const report = await store.usage(ACCOUNT, [subject]);
      const one = report.status === 'done' ? report.figures[0]![0]! : undefined;
      return [one?.settledNanoUsd, one?.heldNanoUsd, one?.unsettledNanoUsd];
    };
    const full = { ...broad, windows: [{ ...broad.windows[0]!, limitNanoUsd: 0 }] };
    // A refusal by the last root is taken back at once.
    const refused = await store.reserve(ACCOUNT, { ...request, id: 'refused', subjects: [narrow, full] });
    expect(refused).toMatchObject({ status: 'refused', subject: 1, window: 0 });
    await expect(amounts(narrow)).resolves.toEqual([0, 0, 0]);

    // The record of the last root is removed: as if it had never been reached, or had been lost.
    const attempts = await Promise.all(
      ['lost', 'attached', 'settled'].map((id) =>
        store.reserve(ACCOUNT, { ...request, id, subjects: [narrow, broad] }),
      ),
    );
    const holds = attempts.map((one) => (one.status === 'admitted' ? one.hold : undefined)!);
    await store.attach(ACCOUNT, holds[1]!, 'gen-1', 50);
    for (const id of ['lost', 'attached']) await client.del(`${prefix}:{${ACCOUNT}.e0}:hold:${id}`);
    // The bill has reached the last root alone.
    await store.commit(ACCOUNT, { ...holds[2]!, places: holds[2]!.places.slice(1) }, 3);
    await sleep(100);
    const claims = await store.claim(ACCOUNT, 10, 60_000);
    expect(claims.map(({ hold }) => [hold.id, hold.generationId])).toEqual([['attached', 'gen-1']]);
    await expect(amounts(narrow)).resolves.toEqual([3, 0, 5]);
    // The bill reaches the last root, though that has lost the hold.
    expect(claims[0]!.hold.places).toEqual(holds[1]!.places);
    await store.commit(ACCOUNT, claims[0]!.hold, 4);
    await expect(amounts(narrow)).resolves.toEqual([7, 0, 0]);
    // Its record was removed without its amount.
    await expect(amounts(broad)).resolves.toEqual([7, 10, 0]);
    const late = await store.reserve(ACCOUNT, { ...request, id: 'lost', subjects: [broad] });
    expect(late.status).toBe('ended');
  });

  it('finds unsettled holds also while some of the nodes fail', async () => {
    const prefix = randomUUID();
    const store = new RedisSpendStore(client, { prefix });
    const home = await cluster.serverOf(client, `{${ACCOUNT}}`);
    const roots = Array.from({ length: 12 }, (_, index) => `f${index.toString(16)}`);
    const places = await Promise.all(
      roots.map(async (root) => ({ root, server: await cluster.serverOf(client, `{${ACCOUNT}.${root}}`) })),
    );
    const away = places.find(({ server }) => server !== home)!.server;
    await Promise.all(
      roots.map((root) =>
        store.reserve(ACCOUNT, {
          id: root,
          nanoUsd: 5,
          leaseMs: 1,
          note: '',
          subjects: [{ ...subjectOf('a1'), root }],
        }),
      ),
    );
    const answering = places.filter(({ server }) => server !== away).map(({ root }) => root);
    const broken = answering.pop()!;
    await client.set(`${prefix}:{${ACCOUNT}.${broken}}:lost`, 'not a list of holds');
    away.pause();
    // Claimed for a short time only: on a busy machine, an answer that comes too late is claimed again.
    const found = new Set<string>();
    await until(async () => {
      const claims = await store.claim(ACCOUNT, 20, 1).catch(() => []);
      claims.forEach(({ hold }) => found.add(hold.id));
      return found.size >= answering.length;
    }).finally(() => away.resume());
    expect([...found].toSorted()).toEqual(answering.toSorted());
  });
});
