import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { openAccount, readSecret } from '../src/index.js';

const NAMES = ['OPENROUTER_API_KEY', 'OPENROUTER_MANAGEMENT_KEY', 'OPENROUTER_BASE_URL'];
const outside = process.env;
const opened: OpenRouterSandbox[] = [];

beforeEach(() => {
  process.env = Object.fromEntries(Object.entries(outside).filter(([name]) => !NAMES.includes(name)));
});

afterEach(async () => {
  process.env = outside;
  await Promise.all(opened.splice(0).map((sandbox) => sandbox.stop()));
});

async function open(...parameters: Parameters<typeof openAccount>): ReturnType<typeof openAccount> {
  const account = await openAccount(...parameters);
  if (account.sandbox !== undefined) opened.push(account.sandbox);
  return account;
}

describe('a real account', () => {
  const API_KEY = { OPENROUTER_API_KEY: 'sk-or-v1-one' };
  const MANAGEMENT_KEY = { OPENROUTER_MANAGEMENT_KEY: 'sk-or-v1-two' };
  const notes = { realNote: 'read-only', noManagementKeyNote: 'no balance', sandboxNote: 'in memory' };

  it.each([
    [API_KEY, {}, 'API key on openrouter.ai'],
    [MANAGEMENT_KEY, {}, 'management key on openrouter.ai'],
    [{ ...API_KEY, ...MANAGEMENT_KEY }, notes, 'API key and management key on openrouter.ai, read-only'],
    [API_KEY, notes, 'API key on openrouter.ai, read-only (no balance)'],
    [
      { ...API_KEY, OPENROUTER_BASE_URL: 'https://user:secret@example.com:8443/api' },
      {},
      'API key on example.com:8443',
    ],
    [{ ...API_KEY, OPENROUTER_BASE_URL: 'secret' }, {}, 'API key on an unreadable OPENROUTER_BASE_URL'],
  ])('of %j is named without a secret', async (env, options, title) => {
    Object.assign(process.env, env);
    await expect(open(options)).resolves.toEqual({ title: `Account: ${title}` });
  });
});

describe('a sandbox', () => {
  it('takes the place of keys that are missing or blank', async () => {
    process.env['OPENROUTER_MANAGEMENT_KEY'] = ' ';
    const { title, sandbox } = await open();
    expect(title).toBe(
      `Account: a sandbox at ${sandbox!.baseUrl} (OPENROUTER_API_KEY is not set, OPENROUTER_MANAGEMENT_KEY is blank)`,
    );
    expect(NAMES.map((name) => process.env[name])).toEqual([
      sandbox!.apiKey,
      sandbox!.managementKey,
      sandbox!.baseUrl,
    ]);
  });

  it('takes the place of a key that the sample cannot run on', async () => {
    process.env['OPENROUTER_API_KEY'] = 'sk-or-v1-one';
    const keys = ['OPENROUTER_MANAGEMENT_KEY'] as const;
    const { title, sandbox } = await open({ keys, sandboxNote: 'in memory' });
    expect(title).toBe(
      `Account: a sandbox at ${sandbox!.baseUrl}, in memory (OPENROUTER_MANAGEMENT_KEY is not set)`,
    );
  });

  it('is the one that the sample starts', async () => {
    const { sandbox } = await open({ startSandbox: () => OpenRouterSandbox.start({ completionCost: 0.25 }) });
    const response = await fetch(`${sandbox!.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox!.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    await expect(response.json()).resolves.toMatchObject({ usage: { cost: 0.25 } });
  });
});

it('reads a secret that does not show in a log', () => {
  process.env['OPENROUTER_API_KEY'] = 'sk-or-v1-one';
  expect(JSON.stringify(readSecret('OPENROUTER_API_KEY'))).not.toContain('one');
  expect(readSecret('OPENROUTER_API_KEY')?.reveal()).toBe('sk-or-v1-one');
  process.env['OPENROUTER_API_KEY'] = ' ';
  expect(readSecret('OPENROUTER_API_KEY')).toBeUndefined();
});
