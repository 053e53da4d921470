import { expect, it } from '@jest/globals';
import { startDemoSandbox } from '../src/demo-sandbox.js';
import { DashboardServer } from './support/dashboard-server.js';

const PATHS = ['/', '/nothing', '/docs', '/docs/swagger-ui-init.js', '/docs-json', '/docs-yaml'];

const COMMANDS: readonly (readonly [string, unknown])[] = [
  ['/api/balance/refresh', {}],
  ['/api/charges', { amount: 25 }],
  ['/api/completions', {}],
  ['/api/sandbox/spend', { usd: 1 }],
  ['/api/sandbox/spend', { usd: 'much' }],
  ['/api/sandbox/top-up', { usd: 1 }],
  ['/api/sandbox/busy', { busy: true }],
  ['/api/sandbox/crash', {}],
];

it('shows no key in any answer or event, whatever happens', async () => {
  await using sandbox = await startDemoSandbox();
  const { apiKey, managementKey, baseUrl } = sandbox;
  const response = await fetch(`${baseUrl}/keys?include_disabled=true`, {
    headers: { authorization: `Bearer ${managementKey}` },
  });
  const { data } = (await response.json()) as { data: { label: string; hash: string }[] };
  const server = await DashboardServer.start({ sandbox });
  const stream = await server.events();

  const walk = async (): Promise<void> => {
    for (const path of PATHS) await server.ask(path);
    for (const [path, body] of COMMANDS) await server.post(path, body);
  };
  await stream.until(({ keys, balance }) => keys.data !== null && balance.data !== null);
  await walk();
  await server.command('/api/sandbox/condition', { condition: 'outage' });
  await walk();
  await stream.until(({ keys, balance }) => keys.problem !== null && balance.problem !== null);
  await server.command('/api/sandbox/key', { expired: true });
  await walk();
  await stream.until(({ keys }) => keys.problem?.message === 'User not found.');
  const last = await server.events();

  const all = [...server.texts, stream.text, last.text].join('\n');
  expect(all).toContain('Service temporarily unavailable');
  expect(all).toContain('Nightly reports');
  expect(data).toHaveLength(6);
  const secrets = [
    'sk-or-',
    ...[apiKey, managementKey].flatMap((key) => [key, key.replace('sk-or-v1-', '')]),
    ...data.flatMap(({ label, hash }) => [label, hash]),
  ];
  for (const secret of secrets) expect(all).not.toContain(secret);
  await server.close();
});
