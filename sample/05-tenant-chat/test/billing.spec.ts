import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MeteringService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { billTenants, readBillLines } from '../src/billing/bill-lines.js';
import { exportMonth } from '../src/billing/export-month.js';
import { billedNanoUsd } from './support/bill.js';
import { ChatServer, TestDatabase } from './support/chat-server.js';

const ANSWERS = 12;

describe('the export of a month', () => {
  const database = new TestDatabase();
  let sandbox: OpenRouterSandbox;
  let chat: ChatServer;
  let metering: MeteringService;
  let folder: string;
  let month: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenant-chat-'));
    sandbox = await OpenRouterSandbox.start();
    // No two answers cost the same, and sums of these numbers are not exact in binary.
    sandbox.onCompletion(() => ({ usd: 0.010_000_001 * (sandbox.charges.length + 1) }));
    chat = await ChatServer.start(sandbox, database);
    metering = chat.app.get(MeteringService, { strict: false });
    for (let count = 0; count < ANSWERS; count += 1) await chat.ask(count % 3 === 0 ? 'ann' : 'ben');
    await metering.settled();
    month = new Date().toISOString().slice(0, 7);
  }, 60_000);

  afterAll(async () => {
    await chat.close();
    await sandbox.stop();
    await database.end();
    await rm(folder, { recursive: true });
  });

  it('has each cost once, and sums up to what OpenRouter has billed to the last digit', async () => {
    const file = join(folder, 'whole.ndjson');
    await exportMonth(metering, month, file);
    const lines = readBillLines(await readFile(file, 'utf8'));
    expect(new Set(lines.map(({ id }) => id)).size).toBe(ANSWERS);
    expect(billTenants(lines)).toEqual([
      { tenant: 'acme', nanoUsd: billedNanoUsd(sandbox), answers: ANSWERS, unknown: 0 },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/Hello|sk-or-/);
  });

  it('is completed by the next run, wherever the last one was killed', async () => {
    const whole = join(folder, 'whole.ndjson');
    await exportMonth(metering, month, whole);
    const text = await readFile(whole);
    const file = join(folder, 'cut.ndjson');
    // Before, in and at the end of each line, and in some other places.
    const cuts = [...text.keys()].filter((at) => at % 97 === 0 || text[at] === 10 || text[at - 1] === 10);
    for (const at of cuts) {
      await writeFile(file, text.subarray(0, at));
      await exportMonth(metering, month, file);
      expect(await readFile(file, 'utf8')).toBe(text.toString());
    }
    expect(cuts.length).toBeGreaterThan(2 * ANSWERS);
  }, 60_000);

  it('adds what is new in the next run, and nothing of another month', async () => {
    const file = join(folder, 'twice.ndjson');
    await exportMonth(metering, month, file);
    await chat.ask('zoe');
    await metering.settled();
    await exportMonth(metering, month, file);
    const lines = readBillLines(await readFile(file, 'utf8'));
    expect(lines).toHaveLength(ANSWERS + 1);
    expect(lines.at(-1)).toMatchObject({ scope: { tenant: 'zoe', user: 'zoe' } });
    const other = join(folder, 'other.ndjson');
    await exportMonth(metering, '2020-02', other);
    await expect(readFile(other, 'utf8')).resolves.toBe('');
  });
});
