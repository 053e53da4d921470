import { createApp, listen, openAccount, readListenAddress, runSample } from 'sample-shared';
import { AppModule } from './app.module.js';
import { serveOpenApi } from './openapi.js';

runSample(async () => {
  const address = readListenAddress();
  const { title, sandbox } = await openAccount({
    noManagementKeyNote: 'GET /credits needs a management key',
  });
  console.log(title);

  const app = await createApp(AppModule, { sandbox });
  serveOpenApi(app);
  await listen(app, address);
  console.log(usage(await app.getUrl()));
});

function usage(url: string): string {
  const post = (body: string): string =>
    `  curl ${url}/credits/coinbase-charges -H 'Content-Type: application/json' -d '${body}'`;
  return [
    '',
    `Credits API  ${url}`,
    `OpenAPI      ${url}/docs`,
    'Try:',
    `  curl ${url}/credits`,
    post('{ "amount": 100 }'),
    post('{ "amount": -1 }'),
  ].join('\n');
}
