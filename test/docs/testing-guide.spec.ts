import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterClient } from '../../lib/index.js';
import { FLAGS } from '../../lib/testing/command-line.js';
import {
  OpenRouterSandbox,
  type OpenRouterSandboxOptions,
  type SandboxCharge,
  type SandboxCompletion,
  type SandboxFailure,
  type SandboxRequest,
  type SandboxSpend,
} from '../../lib/testing/index.js';
import { PRICES } from '../../lib/testing/account/prices.js';
import { DEFAULT_CHUNKS } from '../../lib/testing/sandbox-completions.js';
import { DEFAULT_OPTIONS, resolveOptions } from '../../lib/testing/sandbox-options.js';
import { textOf } from './documents.js';
import { blockOf, runProgram } from './programs.js';
import { defaultsOf, rowsOf } from './tables.js';

const GUIDE = textOf('docs/testing.md');

/** Every option, by the compiler's word. */
const OPTIONS: Readonly<Record<keyof OpenRouterSandboxOptions, unknown>> = {
  ...DEFAULT_OPTIONS,
  apiKey: 'random',
  managementKey: 'random',
  guardrails: 'none',
};

/** Every member of a sandbox, by the compiler's word; `server` is internal. */
const MEMBERS: Readonly<Record<Exclude<keyof OpenRouterSandbox, 'server'>, string>> = {
  baseUrl: 'string',
  apiKey: 'string',
  managementKey: 'string',
  requests: 'list',
  clearRequests: 'method',
  charges: 'list',
  clearCharges: 'method',
  onCompletion: 'method',
  generationDelayMs: 'number',
  cancelledBilling: 'string',
  spend: 'method',
  topUp: 'method',
  addGuardrail: 'method',
  clearGuardrails: 'method',
  failNext: 'method',
  pendingFailures: 'list',
  clearFailures: 'method',
  latencyMs: 'number',
  stop: 'method',
  [Symbol.asyncDispose]: 'method',
};

const FAILURE: Readonly<Record<keyof SandboxFailure, string>> = {
  method: 'any',
  path: 'any',
  when: 'before',
  times: '1',
  delayMs: '0',
  status: '500',
  headers: 'none',
  body: 'the API’s own error',
  fault: 'none',
};

const SPEND: Readonly<Record<keyof SandboxSpend, string>> = {
  keyHash: 'that of apiKey',
  model: 'openai/gpt-4.1',
  provider: 'the model’s',
  at: 'now',
  byokUsd: '0',
  requests: '1',
  promptTokens: '0',
  completionTokens: '0',
  reasoningTokens: '0',
};

const COMPLETION: Readonly<Record<keyof SandboxCompletion, string>> = {
  usd: 'completionCost',
  chunks: String(DEFAULT_CHUNKS),
  chunkDelayMs: 'completionMs / chunks',
  usage: 'last',
  failAfter: 'none',
  cutAfter: 'none',
  isCacheHit: 'false',
  byokUsd: 'none',
};

const CHARGE: Readonly<Record<keyof SandboxCharge, true>> = {
  generationId: true,
  usd: true,
  model: true,
  keyHash: true,
  user: true,
  at: true,
  isCancelled: true,
};

const REQUEST: Readonly<Record<keyof SandboxRequest, true>> = {
  method: true,
  path: true,
  key: true,
  keyHash: true,
  headers: true,
  body: true,
  receivedAt: true,
  failed: true,
};

const usd = (amount: number): string => (Number.isInteger(amount) ? String(amount) : amount.toFixed(2));

const kindOf = (value: unknown): string =>
  typeof value === 'function'
    ? 'method'
    : Array.isArray(value)
      ? 'list'
      : typeof value === 'string'
        ? 'string'
        : typeof value;

const told = (mark: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(defaultsOf(GUIDE, mark)).map(([name, value]) => [name, value.replaceAll("'", '’')]),
  );

let sandbox: OpenRouterSandbox | undefined;
let client: OpenRouterClient | undefined;

afterEach(async () => {
  jest.useRealTimers();
  await client?.close();
  await sandbox?.stop();
});

describe('the guide of testing', () => {
  it('tests a store by its contract', async () => {
    const program = runProgram(blockOf('docs/testing.md', 'balanceStoreContract'));
    await expect(program.exit).resolves.toEqual({ code: 0, signal: null });
    expect(program.stdout).toMatch(/# pass 8$/m);
  });

  it('has every option of the sandbox, with its default', () => {
    const { credits, ...others } = OPTIONS;
    expect(told('sandbox-options')).toEqual({
      ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
      credits: JSON.stringify(credits)
        .replace(/"(\w+)":(\S+?)(?=[,}])/g, '$1: $2')
        .replace(',', ', ')
        .replace(/^\{(.*)\}$/, '{ $1 }'),
    });
    expect(resolveOptions({})).toMatchObject(DEFAULT_OPTIONS);
    expect(DEFAULT_OPTIONS.guardrails).toEqual([]);
  });

  it('names a flag that there is', () => {
    const flags = [...GUIDE.matchAll(/ `?--([a-z][a-z-]*)/g)].map(([, flag]) => flag!);
    expect(flags.length).toBeGreaterThan(3);
    expect(flags.filter((flag) => !(flag in FLAGS) && flag !== 'help')).toEqual([]);
  });

  it('has every member of a sandbox', async () => {
    sandbox = await OpenRouterSandbox.start();
    const names = [...Reflect.ownKeys(OpenRouterSandbox.prototype), ...Object.keys(sandbox)].filter(
      (name) => name !== 'constructor',
    );
    const there = Object.fromEntries(
      names.map((name) => [
        name === Symbol.asyncDispose ? 'Symbol.asyncDispose' : name,
        kindOf(sandbox![name as keyof OpenRouterSandbox]),
      ]),
    );
    const { [Symbol.asyncDispose]: dispose, ...others } = MEMBERS;
    expect(there).toEqual({ ...others, 'Symbol.asyncDispose': dispose });
    expect(told('sandbox-members')).toEqual(there);
    for (const [member, fields] of Object.entries({ requests: REQUEST, charges: CHARGE })) {
      const row = rowsOf(GUIDE, 'sandbox-members')[member]!.join();
      expect([...row.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(fields));
    }
  });

  it('has every field of what failNext and spend take, and of what onCompletion decides', () => {
    expect(told('sandbox-failure')).toEqual(FAILURE);
    expect(told('sandbox-spend')).toEqual(SPEND);
    expect(told('sandbox-completion')).toEqual(COMPLETION);
  });

  it('has the price of every model', () => {
    const text = GUIDE.replaceAll(/\s+/g, ' ');
    for (const [model, [prompt, answer]] of PRICES) {
      const [both, one] = [`${usd(prompt)} and ${usd(answer)} for`, `${usd(prompt)} for the prompt of`];
      expect(text).toContain(`${answer === 0 ? one : both} \`${model}\``);
    }
  });
});

describe('what the guide says of fake timers', () => {
  type Fakeable = 'nextTick' | 'performance';
  const doNotFake = [...(/const doNotFake = \[(.*?)\];/s.exec(GUIDE)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
    ([, name]) => name as Fakeable,
  );

  async function open(): Promise<{ sandbox: OpenRouterSandbox; client: OpenRouterClient }> {
    sandbox = await OpenRouterSandbox.start({ keyLimit: 1, keyLimitReset: 'daily' });
    const { baseUrl, apiKey, managementKey } = sandbox;
    client = new OpenRouterClient({ baseUrl, apiKey, managementKey, retry: { initialDelayMs: 1 } });
    return { sandbox, client };
  }

  it('ages a balance, and the rest goes on', async () => {
    const opened = await open();
    jest.useFakeTimers({ doNotFake });
    await opened.client.balance.get();
    await opened.client.balance.get();
    const before = opened.sandbox.requests.length;
    jest.advanceTimersByTime(86_400_000);
    await opened.client.balance.get();
    expect(opened.sandbox.requests.length).toBe(2 * before);
    opened.sandbox.failNext({ path: '/credits', status: 503 });
    expect((await opened.client.credits.getCredits()).balance).toBe(74.75); // a retry, after a pause
    opened.sandbox.latencyMs = 2_147_483_647;
    await expect(opened.client.credits.getCredits({ timeoutMs: 1, retry: false })).rejects.toThrow();
  });

  it('moves the date alone', async () => {
    const opened = await open();
    jest.useFakeTimers({
      now: new Date('2026-03-11T12:00:00Z'),
      doNotFake: [...doNotFake, 'hrtime', 'performance'],
    });
    opened.sandbox.spend(1);
    expect((await opened.client.apiKeys.getCurrent()).limitRemaining).toBe(0);
    const from = performance.now();
    jest.setSystemTime(new Date('2026-03-12T00:00:00Z'));
    expect(performance.now() - from).toBeLessThan(60_000);
    expect((await opened.client.apiKeys.getCurrent()).limitRemaining).toBe(1);
  });

  it('holds up a retry where the timers are faked too, until the clock is moved', async () => {
    sandbox = await OpenRouterSandbox.start();
    const { baseUrl, managementKey } = sandbox;
    let isOver = false;
    let call: Promise<number> | undefined;
    jest.useFakeTimers();
    await new Promise<void>((resolve) => {
      client = new OpenRouterClient({
        baseUrl,
        managementKey,
        instrumentation: { onRetry: () => resolve() },
      });
      sandbox!.failNext({ path: '/credits', status: 503 });
      call = client.credits.getCredits().then(({ balance }) => {
        isOver = true;
        return balance;
      });
    });
    expect([isOver, sandbox.requests.length]).toEqual([false, 1]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await call).toBe(74.75);
  });

  it('lets a retry come where the faked clock runs along with the real one', async () => {
    expect(GUIDE).toContain('`jest.useFakeTimers({ advanceTimers: true })`');
    sandbox = await OpenRouterSandbox.start();
    const { baseUrl, managementKey } = sandbox;
    jest.useFakeTimers({ advanceTimers: true });
    client = new OpenRouterClient({ baseUrl, managementKey, retry: { initialDelayMs: 20 } });
    sandbox.failNext({ path: '/credits', status: 503 });
    await expect(client.credits.getCredits()).resolves.toMatchObject({ balance: 74.75 });
  });
});
