import { NestFactory } from '@nestjs/core';
import { type Access, readAccess } from './access/access.js';
import { openAccount } from './account.js';
import { AppModule } from './app.module.js';
import { readVariable } from './environment.js';
import { setUpHttp } from './http-setup.js';
import { listen, readListenAddress } from './listen-address.js';
import { explainStartError } from './start-error.js';

async function start(): Promise<void> {
  const address = readListenAddress();
  const access = readAccess(address.host);
  const { title, sandbox } = await openAccount();
  console.log(title);

  const app = await NestFactory.create(AppModule.of(sandbox), {
    // A start that fails ends in the one line below, without the log that would bury it.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
    // What is printed at the start is to be found at a glance.
    logger: ['fatal', 'error', 'warn'],
    // Browsers hold their event streams open, and each would hold up the shutdown.
    forceCloseConnections: true,
  });
  // Ends with exit code 0 after SIGINT and SIGTERM, where Nest otherwise sends itself the signal again.
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  // A Ctrl-C arrives twice, since npm passes on what the terminal has sent to both. Nest listens for the first one only,
  // and the second would end the process by its signal in the middle of its exit.
  process.on('SIGINT', () => undefined);
  setUpHttp(app, access);
  await listen(app, address);
  app.flushLogs();
  console.log(usage(await app.getUrl(), access, sandbox !== undefined));
}

function usage(url: string, { token }: Access, isSandbox: boolean): string {
  const query = token === undefined ? '' : `?token=${token}`;
  // A token that was made is in no shell's environment; a given one need not be on the screen more often.
  const bearer = readVariable('DASHBOARD_TOKEN') === undefined ? token : '$DASHBOARD_TOKEN';
  const auth = token === undefined ? '' : ` -H "Authorization: Bearer ${bearer}"`;
  const post = (path: string, body: string): string =>
    `  curl ${url}${path}${auth} -H 'Content-Type: application/json' -d '${body}'`;
  return [
    '',
    `Dashboard  ${url}/${query}`,
    `API docs   ${url}/docs${query}`,
    'Try:',
    ...(isSandbox
      ? [
          '  press "Burst", and see how many requests a reading of the balance serves',
          post('/api/sandbox/spend', '{ "usd": 5 }'),
          post('/api/sandbox/condition', '{ "condition": "outage" }'),
        ]
      : [`  curl -N ${url}/api/events${auth}`]),
  ].join('\n');
}

start().catch((error: unknown) => {
  console.error(explainStartError(error) ?? error);
  process.exit(1);
});
