// A Nest application under spend limits that ends in the middle of its streams when it is told to, on the built package.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { MeteringService, OpenRouterModule } from 'nestjs-openrouter';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { obey, request } from '../../support/replica-program.mjs';

const { redisPort, options, prefix } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
redis.on('error', () => undefined);

class AppModule {}
Module({
  imports: [
    OpenRouterModule.forRoot({
      ...options,
      spendLimits: { ...options.spendLimits, store: new RedisSpendStore(redis, { prefix }) },
    }),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks(['SIGTERM']);
const fetch = app.get(MeteringService).fetchFor({ tenant: 'acme' });
let begun = 0;

async function complete() {
  const answer = await request(fetch, options, true);
  if (answer.status === 402) {
    await answer.text();
    // A busy machine's store may be too slow.
    return complete();
  }
  begun += 1;
  return answer.text();
}

const ORDERS = {
  begin: ({ times }) => {
    for (let index = 0; index < times; index += 1) complete().catch(() => undefined);
  },
  begun: () => begun,
};

await redis.ping();
obey(ORDERS);
