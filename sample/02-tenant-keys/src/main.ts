import { NestFactory } from '@nestjs/core';
import { openAccount } from './account.js';
import { AppModule } from './app.module.js';
import { listen, readListenAddress } from './listen-address.js';
import { serveOpenApi } from './openapi.js';
import { SandboxModule } from './sandbox.module.js';
import { explainStartError } from './start-error.js';

async function start(): Promise<void> {
  const address = readListenAddress();
  const { title, sandbox } = await openAccount();
  console.log(title);

  const imports = sandbox === undefined ? [] : [SandboxModule.of(sandbox)];
  const app = await NestFactory.create(
    { module: AppModule, imports },
    {
      // A start that fails ends in the one line below, without the log that would bury it.
      abortOnError: false,
      bufferLogs: true,
      autoFlushLogs: false,
      // Browsers open connections ahead of use, and each would hold up the shutdown.
      forceCloseConnections: true,
    },
  );
  // Ends with exit code 0 after SIGINT and SIGTERM, where Nest otherwise sends itself the signal again.
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  // A Ctrl-C arrives twice, since npm passes on what the terminal has sent to both. Nest listens for the first one only,
  // and the second would end the process by its signal in the middle of its exit.
  process.on('SIGINT', () => undefined);
  serveOpenApi(app);
  await listen(app, address);
  app.flushLogs();
  console.log(usage(await app.getUrl()));
}

function usage(url: string): string {
  return [
    '',
    `Tenant keys  ${url}`,
    `OpenAPI      ${url}/docs`,
    'Try:',
    `  curl ${url}/tenants -H 'Content-Type: application/json' -d '{ "id": "acme", "monthlyLimit": 25 }'`,
    `  curl ${url}/tenants/acme/usage`,
    `  curl -X POST ${url}/tenants/acme/key/rotate`,
  ].join('\n');
}

start().catch((error: unknown) => {
  console.error(explainStartError(error) ?? error);
  process.exit(1);
});
