import { createApp, listen, openAccount, readListenAddress, readVariable, runSample } from 'sample-shared';
import { type Access, readAccess } from './access/access.js';
import { AppModule } from './app.module.js';
import { startDemoSandbox } from './demo-sandbox.js';
import { setUpHttp } from './http-setup.js';
import { openSpendDatabase } from './ledger/spend-database.js';

runSample(async () => {
  const address = readListenAddress();
  const access = readAccess(address.host);
  const { title, sandbox } = await openAccount({
    startSandbox: startDemoSandbox,
    realNote: 'read-only',
    noManagementKeyNote: 'most panels need OPENROUTER_MANAGEMENT_KEY',
  });
  console.log(title);
  const ledger = await openSpendDatabase(sandbox !== undefined);
  if (ledger !== undefined) console.log(`Ledger: ${ledger.title}`);

  // The module stops the sandbox itself. Less logging, so that the URL is easy to find.
  const app = await createApp(AppModule.of(sandbox, ledger?.database), {
    logger: ['fatal', 'error', 'warn'],
  });
  setUpHttp(app, access);
  await listen(app, address);
  console.log(usage(await app.getUrl(), access, sandbox !== undefined));
});

function usage(url: string, { token }: Access, isSandbox: boolean): string {
  const query = token === undefined ? '' : `?token=${token}`;
  // A generated token is in no environment variable. A given one should not be printed more often than needed.
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
          '  press "Burst of 200 completions" to see a spend limit let through exactly what fits',
          post('/api/sandbox/spend', '{ "usd": 5 }'),
          post('/api/sandbox/condition', '{ "condition": "outage" }'),
        ]
      : [`  curl -N ${url}/api/events${auth}`]),
  ].join('\n');
}
