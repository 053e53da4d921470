import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiKey, OpenRouterClient } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { Gate, type Trap } from './support/gate.js';
import { pastMonthEnd } from './support/month-end.js';
import { Program } from './support/program.js';

const KILLED = { code: null, signal: 'SIGKILL' };

let sandbox: OpenRouterSandbox;
let openrouter: OpenRouterClient;
let gate: Gate;
let folder: string;
let env: Record<string, string>;
const programs: Program[] = [];

function run(more: Record<string, string> = {}): Program {
  const program = new Program({ ...env, ...more });
  programs.push(program);
  return program;
}

async function post(url: string, body?: object): Promise<{ status: number; body: any }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Sends a request, during which the program is killed. */
async function killAt(trap: Trap, program: Program, url: string, body?: object): Promise<void> {
  gate.set(trap, () => program.end('SIGKILL'));
  await expect(post(url, body)).rejects.toThrow('fetch failed');
  await expect(program.exit).resolves.toEqual(KILLED);
  expect(gate.isSet).toBe(false);
}

async function keysAtOpenRouter(): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  for await (const key of openrouter.apiKeys.iterate({ includeDisabled: true })) {
    if (key.name?.startsWith('tenant-keys:') === true) keys.push(key);
  }
  return keys;
}

/** Waits until a program has finished what the previous one left. */
async function settled(url: string): Promise<ApiKey> {
  for (;;) {
    const keys = await keysAtOpenRouter();
    const tenant: any = await (await fetch(`${url}/tenants/acme`)).json();
    if (keys.length === 1 && tenant.status === 'active' && tenant.keyHash === keys[0]!.hash) {
      expect(keys[0]!.disabled).toBe(false);
      return keys[0]!;
    }
    await sleep(20);
  }
}

/** Returns the secret that was never shown, and checks that it belongs to the key. */
async function expectSecret(url: string, key: ApiKey): Promise<string> {
  for (;;) {
    const { status, body } = await post(`${url}/tenants/acme/key/secret`);
    if (status === 200) {
      await expectWorking(body.secret, key);
      return body.secret;
    }
    // The program has not yet written down the answer that it just got.
    expect(status).toBe(409);
    await sleep(20);
  }
}

async function expectWorking(secret: string, key: ApiKey): Promise<void> {
  await expect(openrouter.apiKeys.getCurrent({ apiKey: secret })).resolves.toMatchObject({
    label: key.label,
  });
}

beforeAll(async () => {
  sandbox = await OpenRouterSandbox.start();
  openrouter = new OpenRouterClient({ managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl });
  gate = await Gate.open(sandbox.baseUrl);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenant-keys-'));
  env = {
    OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey,
    OPENROUTER_BASE_URL: gate.baseUrl,
    TENANTS_DATABASE: join(folder, 'tenants.db'),
    TENANTS_SECRET: randomBytes(32).toString('base64'),
    TENANTS_KEEP_RETIRED_HOURS: '0',
  };
});

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end('SIGKILL')));
  for (const { hash } of await keysAtOpenRouter()) {
    await openrouter.apiKeys.delete(hash);
  }
  rmSync(folder, { recursive: true });
});

afterAll(async () => {
  await gate.close();
  await openrouter.close();
  await sandbox.stop();
});

describe('killed while a key is created', () => {
  it.each([
    ['answer', 1],
    ['request', 0],
  ] as const)('at the %s of OpenRouter', async (at, left) => {
    const killed = run();
    const body = { id: 'acme', monthlyLimit: 25 };
    await killAt({ method: 'POST', path: /\/keys$/, at }, killed, `${await killed.url()}/tenants`, body);
    const orphans = await keysAtOpenRouter();
    expect(orphans).toHaveLength(left);

    const url = await run().url();
    const key = await settled(url);
    expect(key).toMatchObject({ limit: 25, limitReset: 'monthly' });
    expect(orphans.map(({ hash }) => hash)).not.toContain(key.hash);
    await expectSecret(url, key);
    expect(programs.at(-1)!.output.match(/orphaned key \w+ deleted/g) ?? []).toEqual(
      orphans.map(({ hash }) => `orphaned key ${hash} deleted`),
    );
    await expect(post(`${url}/tenants/acme/key/secret`)).resolves.toMatchObject({ status: 410 });
    await expect(post(`${url}/tenants`, body)).resolves.toMatchObject({ status: 409 });
  });
});

describe('killed while a key is rotated', () => {
  it('has one working key after every start, and no secret in files or logs', async () => {
    await pastMonthEnd(45_000);
    const steps = [
      ['POST', /\/keys$/],
      ['GET', /\/key$/],
      ['PATCH', /\/keys\//],
      ['DELETE', /\/keys\//],
    ] as const;
    let program = run();
    let url = await program.url();
    const { body: created } = await post(`${url}/tenants`, { id: 'acme', monthlyLimit: 25 });
    const secrets: string[] = [created.secret];
    let former = await settled(url);
    sandbox.spend(1.5, { keyHash: former.hash });

    for (const [method, path] of steps) {
      for (const at of ['request', 'answer'] as const) {
        await killAt({ method, path, at }, program, `${url}/tenants/acme/key/rotate`);
        program = run();
        url = await program.url();

        const key = await settled(url);
        expect(key.hash).not.toBe(former.hash);
        expect(key.limit).toBe(23.5);
        const secret = await expectSecret(url, key);
        await expect(openrouter.apiKeys.getCurrent({ apiKey: secrets.at(-1)! })).rejects.toMatchObject({
          status: 401,
        });
        secrets.push(secret);
        former = key;
      }
    }

    expect(new Set(secrets).size).toBe(9);
    const usage = await (await fetch(`${url}/tenants/acme/usage`)).json();
    expect(usage).toMatchObject({ spentThisMonth: 1.5, leftThisMonth: 23.5, spentInAll: 1.5 });
    const output = programs.map((each) => each.output).join('');
    expect(output).toContain(former.hash);
    expect(output).not.toContain('sk-or-');
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    expect(files.join('')).toContain(former.hash);
    expect(files.join('')).not.toContain('sk-or-');
    await expect(program.end('SIGTERM')).resolves.toEqual({ code: 0, signal: null });
  });
});

describe('without a key', () => {
  it('runs on a sandbox with tenants in memory, and says so', async () => {
    const program = run({ OPENROUTER_MANAGEMENT_KEY: ' ', TENANTS_SECRET: '' });
    const url = await program.url();

    expect(program.stdout).toMatch(
      /^Account: a sandbox at http:\/\/127\.0\.0\.1:\d+\/api\/v1, tenants in memory /,
    );
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    const { status, body } = await post(`${url}/tenants`, { id: 'acme', monthlyLimit: 25 });
    expect(status).toBe(201);
    expect(body.secret).toMatch(/^sk-or-v1-/);
    expect(readdirSync(folder)).toEqual([]);
    await expect(program.end('SIGINT')).resolves.toEqual({ code: 0, signal: null });
    expect(program.output).not.toContain('sk-or-');
  });
});

describe('a start that cannot work', () => {
  /** One line and exit code 1. */
  async function expectRefusal(more: Record<string, string>, reason: string): Promise<void> {
    const program = run(more);
    await expect(program.exit).resolves.toEqual({ code: 1, signal: null });
    expect(program.stderr).toMatch(/^Cannot start\. [^\n]+\n$/);
    expect(program.stderr).toContain(reason);
  }

  it('without TENANTS_SECRET', async () => {
    await expectRefusal({ TENANTS_SECRET: '' }, 'TENANTS_SECRET is not set');
  });

  it('with a database that another process uses, or with a wrong secret', async () => {
    const first = run();
    const url = await first.url();
    await post(`${url}/tenants`, { id: 'acme', monthlyLimit: 25 });
    await expectRefusal({}, 'another process has it open');

    await first.end('SIGTERM');
    const other = randomBytes(32).toString('base64');
    await expectRefusal({ TENANTS_SECRET: other }, 'TENANTS_SECRET is not the one');
  });
});
