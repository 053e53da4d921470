import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { type BalanceStore, RedisBalanceStore, type RedisScriptClient } from '../../lib/redis/index.js';
import { balanceStoreContract, type StoreUnderTest } from '../../lib/testing/index.js';
import { leaksIn } from '../support/leaks.js';
import { describeStore } from '../support/store-contract.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';
import { sleep } from '../support/waiting.js';

const ACCOUNT = 'ab'.repeat(32);
const KEY = `nestjs-openrouter:balance:1:{${ACCOUNT}}`;
const HOUR_MS = 3_600_000;
const PASSWORD = 'a-password-of-redis';

(HAS_REDIS ? describe : describe.skip)('RedisBalanceStore', () => {
  let server: RedisServer;
  const clients: (Redis | Redis5)[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(() => server.stop());

  beforeEach(async () => {
    const client = open();
    await client.flushall();
    clients.pop();
    await client.quit();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      // In order, so that nothing is left to wait for the end of a socket.
      if (client.status === 'ready') await client.quit();
      else client.disconnect();
    }
  });

  beforeEach(async () => {
    const client = open();
    await client.flushall();
    clients.pop();
    await client.quit();
  });

  function open(options: object = {}): Redis {
    const client = new Redis({ host: '127.0.0.1', port: server.port, ...options });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  const tried = (client: RedisScriptClient): Promise<StoreUnderTest<BalanceStore>> =>
    Promise.resolve({ store: new RedisBalanceStore(client), pass: sleep });

  describeStore('RedisBalanceStore on ioredis 6', balanceStoreContract, () => tried(open()));

  describeStore('RedisBalanceStore on ioredis 5', balanceStoreContract, () => {
    const client = new Redis5({ host: '127.0.0.1', port: server.port });
    clients.push(client);
    return tried(client);
  });

  describeStore(
    'RedisBalanceStore on a client that gives numbers as texts and prefixes keys',
    balanceStoreContract,
    () => tried(open({ stringNumbers: true, keyPrefix: 'app:' })),
  );

  it('has exactly one leader among many', async () => {
    const store = new RedisBalanceStore(open());
    const flights = await Promise.all(Array.from({ length: 200 }, () => store.begin(ACCOUNT, 10_000)));
    expect(flights.filter(({ leads }) => leads)).toHaveLength(1);
    expect(new Set(flights.map(({ sequence }) => sequence)).size).toBe(200);
  });

  it('keeps one record for an account, which expires', async () => {
    const client = open();
    const store = new RedisBalanceStore(client);
    const { sequence } = await store.begin(ACCOUNT, 1_000);
    await store.addSpend(ACCOUNT, 5, 60_000);
    await store.write(ACCOUNT, sequence, 'r', 2 * HOUR_MS, 60_000);
    await expect(client.keys('*')).resolves.toEqual([KEY]);
    const ttl = await client.pttl(KEY);
    expect(ttl).toBeGreaterThan(HOUR_MS);
    expect(ttl).toBeLessThanOrEqual(2 * HOUR_MS);
  });

  const spoilers: [string, (client: Redis) => Promise<unknown>][] = [
    ['another type', (client: Redis) => client.set(KEY, 'nonsense')],
    ['words for numbers', (client: Redis) => garbage(client, 'many')],
    ['infinite numbers', (client: Redis) => garbage(client, 'inf')],
    ['numbers that are none', (client: Redis) => garbage(client, 'nan')],
    ['numbers below zero', (client: Redis) => garbage(client, '-5')],
    ['numbers without end', (client: Redis) => garbage(client, '9'.repeat(400))],
    ['the last numbers', (client: Redis) => garbage(client, '9007199254740990')],
  ];

  it.each(spoilers)('works on where it finds %s', async (_what, spoil) => {
    const client = open();
    const store = new RedisBalanceStore(client);
    await spoil(client);
    await store.read(ACCOUNT);
    await store.invalidate(ACCOUNT);
    const { sequence } = await store.begin(ACCOUNT, 1_000);
    await store.addSpend(ACCOUNT, 5, HOUR_MS);
    await store.write(ACCOUNT, sequence, 'r', HOUR_MS, 60_000);
    await store.begin(ACCOUNT, 1_000);
    const again = await store.begin(ACCOUNT, 1_000);
    await store.write(ACCOUNT, again.sequence, 'again', HOUR_MS, 60_000);
    const found = await store.read(ACCOUNT);
    expect(found).toMatchObject({
      reading: { text: 'again' },
      spend: expect.arrayContaining([expect.objectContaining({ microUsd: 5 })]),
    });
  });

  function garbage(client: Redis, value: string): Promise<unknown> {
    const fields = ['sequence', 'drawn', 'lead', 'leadEnds', 'reading', 'readingAt', 'readingEnds', 'alert'];
    return client.hset(KEY, {
      ...Object.fromEntries(fields.map((field) => [field, value])),
      alertEnds: value,
      'spend:1': value,
      'by:': value,
      'by:a1': value,
      'by:b2': `1 ${value} ${value} ${value} ${value} ${value};`,
      'spend:2': `${value} ${value} ${value}`,
    });
  }

  it('goes on with a server that has restarted empty', async () => {
    const store = new RedisBalanceStore(open({ retryStrategy: () => 20 }));
    const before = await store.begin(ACCOUNT, 1_000);
    await server.kill();
    await server.run();
    const after = await store.begin(ACCOUNT, 1_000);
    expect(after.leads).toBe(true);
    expect(after.sequence).toBeGreaterThan(before.sequence);
  });

  it('gives the lead away that ends later than any could', async () => {
    const client = open();
    const store = new RedisBalanceStore(client);
    await client.hset(KEY, { lead: 5, leadEnds: Date.now() + HOUR_MS });
    await expect(store.begin(ACCOUNT, 1_000)).resolves.toMatchObject({ leads: true });
  });

  it('goes on numbering from what was written, whatever its clock says', async () => {
    const store = new RedisBalanceStore(open());
    const ahead = Date.now() + HOUR_MS;
    await store.write(ACCOUNT, ahead, 'r', HOUR_MS, 60_000);
    await expect(store.begin(ACCOUNT, 1_000)).resolves.toMatchObject({ sequence: ahead + 1 });
  });

  it('sweeps up spend that has expired', async () => {
    const client = open();
    const store = new RedisBalanceStore(client);
    await store.begin(ACCOUNT, 1_000);
    await store.addSpend(ACCOUNT, 5, 100);
    await sleep(1_100);
    await store.addSpend(ACCOUNT, 7, HOUR_MS);
    const amounts = (await client.hvals(KEY)).filter((value) => value.includes(' '));
    expect(amounts).toEqual([expect.stringMatching(/^7 /)]);
  });

  it('tells no reading of the future, and no spend for longer than from now on, after its clock was put back', async () => {
    const client = open();
    const store = new RedisBalanceStore(client);
    const future = String(Date.now() + HOUR_MS);
    const ends = String(Date.now() + 2 * HOUR_MS);
    const { sequence } = await store.begin(ACCOUNT, 1_000);
    await store.write(ACCOUNT, sequence, 'r', HOUR_MS, 60_000);
    await client.hset(KEY, {
      readingAt: future,
      readingEnds: ends,
      'by:a1': `1 5 0 ${future} ${future} ${ends};`,
    });
    await expect(store.read(ACCOUNT)).resolves.toMatchObject({
      reading: undefined,
      spend: [{ id: 'a1.1', microUsd: 5, ageMs: 0 }],
    });
    // Looked through where somebody else begins to spend.
    await store.addSpend(ACCOUNT, 1, HOUR_MS, [
      { id: 'b2.1', microUsd: 1, otherKeysMicroUsd: 0, ageMs: 0, spanMs: 0 },
    ]);
    await sleep(50);
    const { spend } = await store.read(ACCOUNT);
    expect(spend.find(({ id }) => id === 'a1.1')?.ageMs).toBeGreaterThanOrEqual(40);
  });

  it('does not make an old reading new by writing it late', async () => {
    const store = new RedisBalanceStore(open());
    const { sequence } = await store.begin(ACCOUNT, 1_000);
    await sleep(5);
    await store.addSpend(ACCOUNT, 5, HOUR_MS);
    server.pause();
    const late = store.write(ACCOUNT, sequence, 'r', HOUR_MS, 0);
    await sleep(300);
    server.resume();
    await expect(late).resolves.toBe(true);
    const found = await store.read(ACCOUNT);
    expect(found.reading?.ageMs).toBeGreaterThanOrEqual(290);
    // Recorded after the flight had begun.
    expect(found.spend).toMatchObject([{ microUsd: 5 }]);
  });

  it('refuses at once when a thousand commands have waited for a second for a server that is gone', async () => {
    await server.kill();
    const store = new RedisBalanceStore(open({ maxRetriesPerRequest: null, retryStrategy: () => 50 }));
    const waiting = Array.from({ length: 1_000 }, () => store.read(ACCOUNT));
    await sleep(1_010);
    await expect(store.read(ACCOUNT)).rejects.toThrow('Redis does not answer');
    await server.run();
    await expect(Promise.all(waiting)).resolves.toHaveLength(1_000);
    await expect(store.read(ACCOUNT)).resolves.toMatchObject({ sequence: 0 });
  });

  it('shows neither the client nor its password', () => {
    const store = new RedisBalanceStore(open({ password: PASSWORD, lazyConnect: true }));
    expect(inspect(store, { depth: 10 })).not.toContain(PASSWORD);
    expect(leaksIn(store, [PASSWORD])).toEqual([]);
    expect(JSON.stringify(store)).toBe('{}');
  });
});

describe('RedisBalanceStore without a client', () => {
  it.each([undefined, null, {}, 'redis://localhost', { eval: () => undefined }])('refuses %j', (client) => {
    expect(() => new RedisBalanceStore(client as unknown as RedisScriptClient)).toThrow(
      /the client must be one of ioredis/,
    );
  });

  it('runs a script a second time for no other reason than that the server does not know it', async () => {
    const texts: string[] = [];
    const client = {
      evalsha: () => Promise.reject(new Error('Command timed out')),
      eval: (text: string) => Promise.resolve(texts.push(text)),
    };
    await expect(new RedisBalanceStore(client).addSpend(ACCOUNT, 1, 1_000)).rejects.toThrow('timed out');
    expect(texts).toEqual([]);
  });

  it.each([
    [['read'], 'text'],
    [['read'], [1, 'r', 'x', null, []]],
    [['read'], [1, null, 0, null, [5, null]]],
    [
      ['begin', 1_000],
      [NaN, 1],
    ],
    [['write', 1, 'r', 1, 1], null],
  ])('throws for an answer of %j that is %j', async ([method, ...args], answer) => {
    const client = { evalsha: () => Promise.resolve(answer), eval: () => Promise.resolve(answer) };
    const store = new RedisBalanceStore(client) as unknown as Record<string, (...all: unknown[]) => unknown>;
    await expect(store[method as string]!(ACCOUNT, ...args)).rejects.toThrow(TypeError);
  });
});
