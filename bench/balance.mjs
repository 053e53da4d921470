// A process that reads the balance in memory repeatedly: node balance.mjs <base URL> <times>
import 'reflect-metadata';
import process from 'node:process';
import { performance } from 'node:perf_hooks';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { LRUCache } from 'lru-cache';
import { BalanceService, CreditsGuard, OpenRouterModule, RequireCredits } from 'nestjs-openrouter';
import { API_KEY, report } from './shared.mjs';

/** The default of `balance.ttlMs`, used for the other clients. */
const TTL_MS = 60_000;

const [baseUrl, times] = process.argv.slice(2);
const app = await NestFactory.createApplicationContext(
  OpenRouterModule.forRoot({ managementKey: API_KEY, baseUrl }),
  { logger: false },
);
const balance = app.get(BalanceService);
const guard = new CreditsGuard(app.get(ModuleRef));

class Routes {
  guarded() {}
}
RequireCredits(0.5)(
  Routes.prototype,
  'guarded',
  Object.getOwnPropertyDescriptor(Routes.prototype, 'guarded'),
);
const context = new ExecutionContextHost([{}, {}, () => {}], Routes, Routes.prototype.guarded);
context.setType('http');

const first = await balance.get();
const getMicros = await microsOf(() => balance.get());
const guardMicros = await microsOf(() => guard.canActivate(context));
const lru = new LRUCache({ max: 10, ttl: TTL_MS, fetchMethod: () => balance.refresh() });
const lruMicros = await microsOf(() => lru.fetch('account'));
const memoMicros = await microsOf(memoOf(() => balance.refresh()));
const promiseMicros = await microsOf(() => Promise.resolve(first));
report({ getMicros, guardMicros, lruMicros, memoMicros, promiseMicros });

/** The minimum that a team would write by hand: a value and its age; nothing shared, counted or watched. */
function memoOf(read) {
  let value;
  let readAt = -Infinity;
  return async () => {
    if (performance.now() - readAt >= TTL_MS) {
      value = await read();
      readAt = performance.now();
    }
    return value;
  };
}

/** The duration of one call, in microseconds, after as many warm-up calls as measured ones. */
async function microsOf(call) {
  let start = 0;
  for (let round = 0; round < 2; round += 1) {
    start = performance.now();
    for (let done = 0; done < Number(times); done += 1) {
      await call();
    }
  }
  return ((performance.now() - start) / Number(times)) * 1_000;
}
