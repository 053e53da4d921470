import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { OpenRouterClient } from '../../lib/index.js';
import { RedisBalanceStore } from '../../lib/redis/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { HAS_REDIS, RedisServer } from '../redis/support/redis-server.js';
import type { SampleProgram } from '../support/sample-program.js';
import { closedPort } from '../support/servers.js';
import { blockOf, runProgram } from './programs.js';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

const PROGRAM = `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BalanceService } from 'nestjs-openrouter';
${blockOf('docs/replicas.md', 'class RedisEnd')}
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn'] });
app.enableShutdownHooks();
const balance = app.get(BalanceService);
await balance.get();
// The spend is on its way when the signal comes.
process.once('SIGWINCH', () => {
  balance.recordSpend(1.25);
  process.kill(process.pid, 'SIGTERM');
});
console.log('ready');
`;

(HAS_REDIS ? describe : describe.skip)('the application of the guide of replicas', () => {
  let redis: RedisServer;
  let sandbox: OpenRouterSandbox;
  let program: SampleProgram;

  beforeEach(async () => {
    redis = await RedisServer.start();
    sandbox = await OpenRouterSandbox.start();
  });
  afterEach(async () => {
    await program.kill();
    await sandbox.stop();
    await redis.stop();
  });

  function start(port = redis.port): SampleProgram {
    program = runProgram(PROGRAM, {
      REDIS_URL: `redis://localhost:${port}`,
      OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey,
      OPENROUTER_BASE_URL: sandbox.baseUrl,
    });
    return program;
  }

  it('leaves to the others what it has spent in its last moment', async () => {
    await start().url();
    expect(await program.end('SIGWINCH')).toEqual({ code: null, signal: 'SIGTERM' });
    expect(program.stderr).toBe('');

    const connection = new Redis(redis.port);
    const { managementKey, baseUrl } = sandbox;
    const balance = { store: new RedisBalanceStore(connection) };
    const other = new OpenRouterClient({ managementKey, baseUrl, balance });
    const { spendable } = await other.balance.get();
    await other.close();
    await connection.quit();
    expect(spendable).toBe(73.5);
    expect(sandbox.requests).toHaveLength(1);
  });

  it('boots and ends without Redis, and says why', async () => {
    await start(await closedPort()).url();
    expect(await program.end('SIGWINCH')).toEqual({ code: null, signal: 'SIGTERM' });
    expect(program.output).toMatch(/WARN.*\[Redis\].*ECONNREFUSED/);
    expect(program.output).not.toContain('[ioredis]');
  });

  it('ends while Redis hangs', async () => {
    await start().url();
    redis.pause();
    expect(await program.end('SIGWINCH')).toEqual({ code: null, signal: 'SIGTERM' });
    redis.resume();
  });
});
