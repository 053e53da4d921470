import { NestFactory } from '@nestjs/core';
import { RedisBalanceStore } from 'nestjs-openrouter/redis';
import { openAccount } from './account.js';
import { AppModule } from './app.module.js';
import { listen, readListenAddress } from './listen-address.js';
import { openRedis, RedisModule } from './redis.module.js';
import { SandboxModule } from './sandbox.module.js';
import { explainStartError } from './start-error.js';

/** A sandbox has no minute-old figures: there, what happens shows at once. */
const SANDBOX_POLL_MS = 2_000;

async function start(): Promise<void> {
  const address = readListenAddress();
  const { account, title, sandbox } = await openAccount();
  console.log(title);

  const redis = openRedis();
  const parts = {
    account,
    ...(redis !== undefined && { store: new RedisBalanceStore(redis) }),
    ...(sandbox !== undefined && { pollIntervalMs: SANDBOX_POLL_MS }),
  };
  const imports = [
    ...(redis === undefined ? [] : [RedisModule.of(redis)]),
    ...(sandbox === undefined ? [] : [SandboxModule.of(sandbox)]),
    AppModule.of(parts),
  ];
  class Root {}
  const app = await NestFactory.create(
    { module: Root, imports },
    { abortOnError: false, forceCloseConnections: true },
  );
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  await listen(app, address);
  const url = await app.getUrl();
  console.log(
    [
      '',
      `Completions  curl ${url}/completions -H 'Content-Type: application/json' -d '{ "prompt": "Hello" }'`,
      `Health       curl ${url}/health`,
      `Metrics      curl ${url}/metrics`,
    ].join('\n'),
  );
}

start().catch((error: unknown) => {
  console.error(explainStartError(error) ?? error);
  process.exit(1);
});
