import { randomBytes } from 'node:crypto';
import { createApp, listen, openAccount, readListenAddress, runSample } from 'sample-shared';
import { AppModule } from './app.module.js';
import { serveOpenApi } from './openapi.js';

runSample(async () => {
  const address = readListenAddress();
  const { title, sandbox } = await openAccount({
    keys: ['OPENROUTER_MANAGEMENT_KEY'],
    sandboxNote: 'tenants in memory',
  });
  console.log(title);
  if (sandbox !== undefined) keepTenantsInMemory();

  const app = await createApp(AppModule, { sandbox });
  serveOpenApi(app);
  await listen(app, address);
  console.log(usage(await app.getUrl()));
});

/** The keys of a sandbox end with this process, so the tenants do, too. */
function keepTenantsInMemory(): void {
  process.env['TENANTS_DATABASE'] = ':memory:';
  process.env['TENANTS_SECRET'] = randomBytes(32).toString('base64');
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
