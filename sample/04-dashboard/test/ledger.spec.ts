import { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MeteringService } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { SpendDatabase } from '../src/ledger/spend-database.js';
import { DashboardServer } from './support/dashboard-server.js';
import { fixDate } from './support/fixed-date.js';
import { Program } from './support/program.js';

/** An embedded PostgreSQL takes long to start on a busy machine. */
const TIMEOUT_MS = 90_000;

describe('with a database', () => {
  let pglite: PGlite;
  let database: SpendDatabase & { readonly store: PostgresSpendStore };
  let sandbox: OpenRouterSandbox;
  const servers: DashboardServer[] = [];

  beforeEach(async () => {
    pglite = await PGlite.create();
    database = { store: new PostgresSpendStore(pglite), close: () => pglite.close() };
    await database.store.migrate();
    sandbox = await OpenRouterSandbox.start();
    fixDate('2026-03-11T12:00:00Z');
  }, TIMEOUT_MS);

  afterEach(async () => {
    jest.useRealTimers();
    for (const server of servers.splice(0)) await server.close();
    await sandbox.stop();
  });

  it(
    'shows what the application has spent, and on which day something was spent past its meter',
    async () => {
      // The application, which shares the database and the account with the dashboard.
      const application = await DashboardServer.start({ sandbox, database: { ...database, close: noop } });
      servers.push(application);
      await application.command('/api/sandbox/busy', { busy: false });
      const metering = application.get(MeteringService);
      await metering.record({ usd: 0.5, scope: { tenant: 'acme' }, model: 'openai/gpt-4.1' });
      await metering.record({ usd: 0.25, scope: { tenant: 'umbrella' }, model: 'openai/gpt-4.1' });
      // Billed by OpenRouter are these, and two dollars of a script.
      sandbox.spend(0.75, { model: 'openai/gpt-4.1' });
      sandbox.spend(2, { model: 'openai/gpt-4.1-mini' });
      const seen = await application.events();
      await seen.until(({ ledger }) => ledger?.data?.tenants.length === 2);

      jest.setSystemTime(Date.parse('2026-03-12T12:00:00Z'));
      const { apiKey, managementKey, baseUrl } = sandbox;
      const server = await DashboardServer.start({ options: { apiKey, managementKey, baseUrl }, database });
      servers.push(server);
      const stream = await server.events();
      const {
        ledger,
        account,
        sandbox: controls,
      } = await stream.until((shown) => shown.ledger !== null && shown.ledger.data !== null);
      expect([account.isSandbox, controls]).toEqual([false, null]);
      expect(ledger!.problem).toBeNull();
      expect(ledger!.data).toMatchObject({
        month: '2026-03-01',
        tenants: [
          { tenant: 'acme', usd: 0.5, unsettled: 0, completions: 1 },
          { tenant: 'umbrella', usd: 0.25, unsettled: 0, completions: 1 },
        ],
      });
      expect(ledger!.data!.days).toHaveLength(7);
      const [yesterday, before] = ledger!.data!.days;
      expect(yesterday).toMatchObject({ date: '2026-03-11', metered: 0.75, billed: 2.75 });
      expect(yesterday!.unexplained).toBeCloseTo(2, 4);
      expect(before).toEqual({ date: '2026-03-10', metered: 0, billed: 0, unexplained: 0 });
    },
    TIMEOUT_MS,
  );
});

it('without a database, there is no ledger', async () => {
  await using sandbox = await OpenRouterSandbox.start();
  const server = await DashboardServer.start({ sandbox });
  expect((await server.events()).dashboard.ledger).toBeNull();
  await server.close();
});

it('a database that cannot be used is told in one line, without its password', async () => {
  const program = new Program({ DATABASE_URL: 'postgres://ledger:opensesame@127.0.0.1:1/ledger' });
  await expect(program.exit).resolves.toEqual({ code: 1, signal: null });
  expect(program.stderr).toMatch(
    /^Cannot start\. The ledger, the PostgreSQL of DATABASE_URL, cannot be used\. [^\n]+\n$/,
  );
  expect(program.output).not.toContain('opensesame');
});

function noop(): Promise<void> {
  return Promise.resolve();
}
