import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { until } from '../../../test/support/waiting.js';
import { billedNanoUsd, nanoUsd } from './support/bill.js';
import { ChatClient } from './support/chat-client.js';
import { type Command, Program } from './support/program.js';

const ENDED = { code: 0, signal: null };
const REFUSED = { code: 1, signal: null };

let folder: string;
let programs: Program[] = [];

// One folder for all: each sandbox is another account. PGlite takes seconds to set up a new one.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-chat-'));
});

afterEach(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  programs = [];
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function run(env: Record<string, string> = {}, command?: Command): Program {
  const program = new Program({ DATA_FOLDER: folder, ...env }, command);
  programs.push(program);
  return program;
}

describe('without a key', () => {
  it('runs on a sandbox, serves the page, and ends on Ctrl-C', async () => {
    // Skips `prestart`, which would build again.
    const program = run({}, ['npm', 'start', '--silent', '--ignore-scripts']);
    const url = await program.url();
    expect(program.firstLine).toMatch(/^Account: a sandbox at http:\/\/127\.0\.0\.1:\d+\/api\/v1 /);
    expect(program.stdout).toContain(`Ledger: PGlite in ${folder}\n`);
    const page = await fetch(url);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    await expect(page.text()).resolves.toContain('<main>');
    await expect(new ChatClient(url).ask('ann')).resolves.toMatchObject({ status: 200, cost: 0.061234567 });
    expect(program.output).not.toContain('sk-or-');
    await expect(program.end('SIGINT')).resolves.toEqual(ENDED);
    expect(program.stderr).toBe('');
  }, 60_000);
});

describe('a start that cannot work', () => {
  it('says that another process uses the folder', async () => {
    await run().url();
    const second = run();
    await expect(second.exit).resolves.toEqual(REFUSED);
    expect(second.stderr).toMatch(/^Cannot start\. The folder \S+ is in use by process \d+\. [^\n]+\n$/);
  }, 60_000);

  it('says what is wrong with a variable', async () => {
    const program = run({ LEASE_SECONDS: 'long' });
    await expect(program.exit).resolves.toEqual(REFUSED);
    expect(program.stderr).toBe('Cannot start. LEASE_SECONDS=long is not a whole number from 1 to 3600\n');
  });
});

describe('kill -9 in the middle of an answer', () => {
  it('loses nothing: the next process on the same folder learns what was billed', async () => {
    await using sandbox = await OpenRouterSandbox.start({ completionCost: 0.061234567 });
    const env = {
      OPENROUTER_API_KEY: sandbox.apiKey,
      OPENROUTER_BASE_URL: sandbox.baseUrl,
      LEASE_SECONDS: '1',
    };
    const first = run(env);
    const before = new ChatClient(await first.url());
    await before.ask('zoe');
    sandbox.onCompletion(() => ({ chunks: 10_000, chunkDelayMs: 5 }));
    const { body } = await before.open('zoe', 'Tell me a story');
    await body!.getReader().read();
    await until(async () => (await before.limit('zoe', 'tenant per day')).heldUsd > 0);
    await expect(first.end('SIGKILL')).resolves.toMatchObject({ signal: 'SIGKILL' });
    await until(() => sandbox.charges.length === 2);

    const after = new ChatClient(await run(env).url());
    // Until the bill is known, what was reserved counts.
    const { spentUsd, heldUsd } = await after.limit('zoe', 'tenant per day');
    expect(nanoUsd(spentUsd + heldUsd)).toBeGreaterThanOrEqual(billedNanoUsd(sandbox));
    await until(async () => (await after.limit('zoe', 'tenant per day')).heldUsd === 0, 15_000);
    const { limits, month } = await after.usage('zoe');
    expect(nanoUsd(limits[0]!.spentUsd)).toBe(billedNanoUsd(sandbox));
    expect(month.people).toEqual([{ person: 'zoe', answers: 2, usd: limits[0]!.spentUsd }]);
  }, 60_000);
});
