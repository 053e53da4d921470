import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { EventStream } from './support/event-stream.js';
import { type Command, Program } from './support/program.js';

const ENDED = { code: 0, signal: null };
const REFUSED = { code: 1, signal: null };

const programs: Program[] = [];

function run(env?: Record<string, string>, command?: Command): Program {
  const program = new Program(env, command);
  programs.push(program);
  return program;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
});

describe('without a key', () => {
  it('runs on a sandbox, and ends on Ctrl-C despite an open event stream', async () => {
    const program = run({ OPENROUTER_MANAGEMENT_KEY: ' ' });
    const url = await program.url();
    expect(program.firstLine).toMatch(/^Account: a sandbox at http:\/\/127\.0\.0\.1:\d+\/api\/v1 /);
    expect(program.firstLine).toContain('OPENROUTER_API_KEY is not set, OPENROUTER_MANAGEMENT_KEY is blank');
    expect(program.stdout).toMatch(/^Ledger: PGlite in \S+$/m);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
    expect(program.stdout).toContain(`${url}docs\n`);
    expect((await fetch(`${url}docs`)).status).toBe(200);
    const events = await fetch(`${url}api/events`);
    expect(program.output).not.toContain('sk-or-');
    // A server that waits for the stream never ends.
    await expect(program.end('SIGINT')).resolves.toEqual(ENDED);
    expect(program.stderr).toBe('');
    await events.text().catch(() => undefined);
  });
});

describe('the folder of the ledger', () => {
  it('can be used again after a kill', async () => {
    const DATA_FOLDER = mkdtempSync(join(tmpdir(), 'dashboard-'));
    try {
      const first = run({ DATA_FOLDER });
      const shown = await EventStream.open(`${await first.url()}api/events`, {});
      await shown.until(({ tenants }) => tenants.data?.some(({ spent }) => spent > 0) === true);
      shown.close();
      await first.end('SIGKILL');

      const events = await EventStream.open(`${await run({ DATA_FOLDER }).url()}api/events`, {});
      const { ledger, tenants } = await events.until(
        (dashboard) => (dashboard.ledger?.data ?? null) !== null,
      );
      events.close();
      expect(ledger!.problem).toBeNull();
      expect(tenants.problem).toBeNull();
    } finally {
      await Promise.all(programs.map((program) => program.kill()));
      rmSync(DATA_FOLDER, { recursive: true });
    }
  });

  it('keeps the ledger of another application', async () => {
    const DATA_FOLDER = mkdtempSync(join(tmpdir(), 'dashboard-'));
    const inDatabase = async <T>(work: (database: PGlite) => Promise<T>): Promise<T> => {
      const database = await PGlite.create(join(DATA_FOLDER, 'postgres'));
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    };
    try {
      await inDatabase(async (database) => {
        await new PostgresSpendStore(database).migrate();
        await database.query("INSERT INTO openrouter_spend.accounts (name) VALUES ('other')");
      });
      const program = run({ DATA_FOLDER });
      await program.url();
      await program.end('SIGINT');
      const { rows } = await inDatabase((database) =>
        database.query("SELECT 1 FROM openrouter_spend.accounts WHERE name = 'other'"),
      );
      expect(rows).toHaveLength(1);
    } finally {
      await Promise.all(programs.map((program) => program.kill()));
      rmSync(DATA_FOLDER, { recursive: true });
    }
  });

  it('is used by one process', async () => {
    const DATA_FOLDER = mkdtempSync(join(tmpdir(), 'dashboard-'));
    try {
      await run({ DATA_FOLDER }).url();
      const second = run({ DATA_FOLDER });
      await expect(second.exit).resolves.toEqual(REFUSED);
      expect(second.stderr).toMatch(/^Cannot start\. The folder \S+ is in use by process \d+\. [^\n]+\n$/);
    } finally {
      await Promise.all(programs.map((program) => program.kill()));
      rmSync(DATA_FOLDER, { recursive: true });
    }
  });
});

describe('npm start', () => {
  it('forwards Ctrl-C', async () => {
    // Skips `prestart`, which would build again.
    const program = run({}, ['npm', 'start', '--silent', '--ignore-scripts']);
    await program.url();
    await expect(program.end('SIGINT')).resolves.toEqual(ENDED);
  });
});

describe('with a key', () => {
  it('names the kinds of keys and the host', async () => {
    await using sandbox = await OpenRouterSandbox.start();
    const program = run({
      OPENROUTER_API_KEY: sandbox.apiKey,
      OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey,
      OPENROUTER_BASE_URL: sandbox.baseUrl,
    });
    await program.url();
    const { host } = new URL(sandbox.baseUrl);
    expect(program.firstLine).toBe(`Account: API key and management key on ${host}, read-only`);
    expect(program.output).not.toContain('sk-or-');
    await expect(program.end('SIGTERM')).resolves.toEqual(ENDED);
  });
});

describe('if other machines can reach it', () => {
  it('generates a token, and prints it in the URL', async () => {
    const program = run({ HOST: '0.0.0.0' });
    const url = new URL(await program.url());
    expect(url.searchParams.get('token')).toMatch(/^[\w-]{32}$/);
    expect((await fetch(new URL('/docs', url))).status).toBe(401);
    // No variable is set, so the printed commands contain the token.
    expect(program.stdout).toContain(`-H "Authorization: Bearer ${url.searchParams.get('token')}"`);
    expect(program.output).not.toContain('$DASHBOARD_TOKEN');
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
    await expect(program.end('SIGTERM')).resolves.toEqual(ENDED);
  });

  it('uses the given token', async () => {
    const program = run({ DASHBOARD_TOKEN: 'correct-horse-battery' });
    const url = new URL(await program.url());
    expect(url.searchParams.get('token')).toBe('correct-horse-battery');
    const headers = { authorization: 'Bearer correct-horse-battery' };
    expect((await fetch(new URL('/docs', url), { headers })).status).toBe(200);
    // Only in the two URLs.
    expect(program.output.match(/correct-horse-battery/g)).toHaveLength(2);
    expect(program.stdout).toContain('-H "Authorization: Bearer $DASHBOARD_TOKEN"');
  });
});

describe('a start that cannot work', () => {
  it.each([
    ['PORT=abc', { PORT: 'abc' }, 'PORT=abc is not a port'],
    ['a foreign HOST', { HOST: '192.0.2.1' }, 'HOST=192.0.2.1 is not an address of this machine'],
    ['a short token', { DASHBOARD_TOKEN: 'secret' }, 'DASHBOARD_TOKEN must be at least 16 characters'],
    ['a malformed key', { OPENROUTER_API_KEY: 'sk-or-v1-secret secret' }, '`apiKey` has a character'],
  ])('%s: one line and exit code 1', async (_name, env, reason) => {
    const program = run(env);
    await expect(program.exit).resolves.toEqual(REFUSED);
    expect(program.stderr).toMatch(/^Cannot start\. [^\n]+\n$/);
    expect(program.stderr).toContain(reason);
    expect(program.output).not.toContain('secret');
  });

  it('names another port when its own is taken', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const program = run({ PORT: String(port) });
    await expect(program.exit).resolves.toEqual(REFUSED);
    expect(program.stderr).toContain(`Port ${port} of 127.0.0.1 is taken`);
    server.close();
  });
});
