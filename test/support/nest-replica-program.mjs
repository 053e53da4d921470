// What the programs do that run a Nest application under spend limits, each on a store of its own.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MeteringService, OpenRouterModule } from 'nestjs-openrouter';
import { obey, request } from './replica-program.mjs';

/** Runs the application, which ends in the middle of its streams when it gets a signal. */
export async function runApplication(options, store) {
  class AppModule {}
  Module({
    imports: [OpenRouterModule.forRoot({ ...options, spendLimits: { ...options.spendLimits, store } })],
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

  obey({
    begin: ({ times }) => {
      for (let index = 0; index < times; index += 1) complete().catch(() => undefined);
    },
    begun: () => begun,
  });
}
