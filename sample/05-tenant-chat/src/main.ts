import { createApp, listen, openAccount, readListenAddress, runSample } from 'sample-shared';
import { openDatabase } from 'sample-shared/database';
import { Account } from './account.js';
import { AppModule } from './app.module.js';
import { startSandbox } from './demo-sandbox.js';
import { setUpHttp } from './http/set-up-http.js';
import { readLeaseMs } from './lease.js';

runSample(async () => {
  const address = readListenAddress();
  const leaseMs = readLeaseMs();
  const { title, sandbox } = await openAccount({ keys: ['OPENROUTER_API_KEY'], startSandbox });
  console.log(title);
  const { database, title: databaseTitle } = await openDatabase('data');
  console.log(`Ledger: ${databaseTitle}`);

  const module = AppModule.of({ account: Account.read(), database, leaseMs });
  const app = await createApp(module, { sandbox, logger: ['fatal', 'error', 'warn'] });
  setUpHttp(app);
  await listen(app, address);
  console.log(usage(await app.getUrl()));
});

function usage(url: string): string {
  return [
    '',
    `Chat  ${url}`,
    'Try:',
    '  ask as Zoe, whose free plan has $0.50 a day, until she is refused',
    `  curl ${url}/api/usage -H 'Authorization: Bearer zoe'`,
  ].join('\n');
}
