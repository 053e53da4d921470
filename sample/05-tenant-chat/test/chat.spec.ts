import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { until } from '../../../test/support/waiting.js';
import type { Message } from '../shared/chat.js';
import { billedNanoUsd, nanoUsd } from './support/bill.js';
import { ChatServer, TestDatabase } from './support/chat-server.js';

const COST = 0.061234567;

const database = new TestDatabase();
const texts: string[] = [];
const secrets: string[] = [];
let sandbox: OpenRouterSandbox;
let chat: ChatServer;
let log: string[];

beforeEach(async () => {
  log = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void log.push(String(line)));
  await database.clear();
  sandbox = await OpenRouterSandbox.start({ completionCost: COST });
  secrets.push(sandbox.apiKey);
  chat = await ChatServer.start(sandbox, database);
});

afterEach(async () => {
  await chat.close();
  await sandbox.stop();
  texts.push(...chat.texts);
  jest.restoreAllMocks();
});

afterAll(async () => {
  await database.end();
});

/** The answer to the last of some questions, each asked with all that was said before. */
async function converse(person: string, questions: number): Promise<number[]> {
  const messages: Message[] = [];
  const statuses: number[] = [];
  for (let count = 0; count < questions; count += 1) {
    messages.push({ role: 'user', content: `Question ${count}` });
    const { status, said } = await chat.ask(person, messages);
    statuses.push(status);
    await settled(person, 'tenant per day');
    if (status !== 200) messages.pop();
    else messages.push({ role: 'assistant', content: said });
  }
  return statuses;
}

const asked = (): number => sandbox.requests.filter(({ path }) => path.endsWith('/chat/completions')).length;

/** Waits until nothing of a limit is reserved any more. */
async function settled(person: string, name: string): Promise<number> {
  await until(async () => (await chat.limit(person, name)).heldUsd === 0);
  return (await chat.limit(person, name)).spentUsd;
}

describe('an answer', () => {
  it('comes in pieces, with its cost, which counts for its tenant to the last digit', async () => {
    sandbox.onCompletion(() => ({ chunks: 12 }));
    const { status, headers, said, cost } = await chat.ask('ann');
    expect({ status, said, cost }).toEqual({
      status: 200,
      said: expect.stringMatching(/^Hello from/),
      cost: COST,
    });
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    await expect(settled('ben', 'tenant per month')).resolves.toBe(COST);
    await expect(chat.usage('ann')).resolves.toMatchObject({
      plan: 'team',
      limits: [
        { name: 'tenant per month', limitUsd: 20, spentUsd: COST, heldUsd: 0 },
        { name: 'user per day', limitUsd: 2, spentUsd: COST },
      ],
    });
    await expect(chat.usage('ben')).resolves.toMatchObject({
      limits: [{ spentUsd: COST }, { spentUsd: 0 }],
      month: { people: [{ person: 'ann', answers: 1, usd: COST }], usd: COST },
    });
    await expect(chat.usage('zoe')).resolves.toMatchObject({ plan: 'free', limits: [{ spentUsd: 0 }] });
  });

  it('is sent to the reader before it is complete', async () => {
    sandbox.onCompletion(() => ({ chunks: 5, chunkDelayMs: 200 }));
    const { body } = await chat.open('ann');
    const reader = body!.getReader();
    await reader.read();
    expect(sandbox.charges).toEqual([]);
    await reader.cancel();
  });

  it('that is left costs what OpenRouter bills for the part', async () => {
    sandbox.onCompletion(() => ({ chunks: 1_000, chunkDelayMs: 5 }));
    const leave = new AbortController();
    const { body } = await chat.open('zoe', 'Tell me a story', leave.signal);
    await body!.getReader().read();
    leave.abort();
    await until(() => sandbox.charges.length === 1);
    expect(sandbox.charges).toMatchObject([{ isCancelled: true }]);
    const spent = await settled('zoe', 'tenant per day');
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThan(COST / 2);
    expect(nanoUsd(spent)).toBe(billedNanoUsd(sandbox));
  });

  it('that breaks off says so, and costs its part', async () => {
    sandbox.onCompletion(() => ({ chunks: 10, failAfter: 4 }));
    const { status, text, said } = await chat.ask('zoe');
    expect({ status, said }).toEqual({ status: 200, said: 'Hello from the sandbox' });
    expect(text).toMatch(/event: failure\ndata: "The answer broke off\. Please ask again\."\n\n$/);
    expect(nanoUsd(await settled('zoe', 'tenant per day'))).toBe(billedNanoUsd(sandbox));
    expect(billedNanoUsd(sandbox)).toBeGreaterThan(0);
  });
});

describe('a limit', () => {
  it('is reached in the middle of a conversation, which goes on with another plan', async () => {
    // $0.50 are 8 answers; another one might cost more than the rest.
    await expect(converse('zoe', 10)).resolves.toEqual([...Array<number>(8).fill(200), 402, 402]);
    expect(asked()).toBe(8);
    const refused = await chat.ask('zoe');
    expect(JSON.parse(refused.text)).toMatchObject({
      statusCode: 402,
      message: 'The spend limit is reached.',
    });
    await expect(chat.limit('zoe', 'tenant per day')).resolves.toMatchObject({
      spentUsd: 0.489876536,
      heldUsd: 0,
      remainingUsd: 0.010123464,
      resetsAt: expect.stringMatching(/T00:00:00\.000Z$/),
    });

    await expect(chat.ask('ann')).resolves.toMatchObject({ status: 200 });
    await expect(chat.choosePlan('zoe', 'team')).resolves.toBe(204);
    await expect(chat.ask('zoe')).resolves.toMatchObject({ status: 200 });
    // What was spent on the free plan counts.
    await expect(settled('zoe', 'tenant per month')).resolves.toBe(0.551111103);
  });

  it('lets through what fits of questions at the same time', async () => {
    sandbox.onCompletion(() => ({ chunks: 10_000, chunkDelayMs: 5 }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => chat.open('zoe')));
    const statuses = answers.map(({ status }) => status);
    // $0.50 are 7 reservations of $0.07.
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(statuses.filter((status) => status === 402)).toHaveLength(13);
    expect(asked()).toBe(7);
    await Promise.all(answers.map(({ body }) => body!.cancel()));
    expect(nanoUsd(await settled('zoe', 'tenant per day'))).toBe(billedNanoUsd(sandbox));
  });

  it('of a person leaves the rest of the tenant alone, and is refused before anything is asked', async () => {
    sandbox.onCompletion(() => ({ usd: 0.5 }));
    for (let count = 0; count < 4; count += 1) await chat.ask('ann');
    await settled('ann', 'user per day');
    await expect(chat.ask('ann')).resolves.toMatchObject({ status: 402 });
    await expect(chat.ask('ben')).resolves.toMatchObject({ status: 200 });
    expect(asked()).toBe(5);
  });

  it('is announced in the log before and when it is reached', async () => {
    await converse('zoe', 9);
    const warnings = (): string[] => log.filter((line) => line.startsWith('zoe'));
    await until(() => warnings().length === 2);
    expect(warnings()).toEqual([
      'zoe: 80 % of $0.50 (tenant per day)',
      'zoe: 100 % of $0.50 (tenant per day)',
    ]);
  });
});

describe('a failure of OpenRouter', () => {
  it.each([
    [401, 502, 'An upstream service denied access.'],
    [402, 503, 'An upstream service is unavailable at the moment.'],
    [404, 502, 'An upstream service refused the request.'],
  ])('%d is answered with %d, and costs nothing', async (status, expected, message) => {
    sandbox.failNext({ path: '/chat/completions', status });
    const answer = await chat.ask('zoe');
    expect({ ...JSON.parse(answer.text), status: answer.status }).toMatchObject({
      status: expected,
      message,
    });
    await expect(settled('zoe', 'tenant per day')).resolves.toBe(0);
  });
});

describe('a request', () => {
  it.each([
    ['no messages', {}, 'messages'],
    ['an empty conversation', { messages: [] }, 'messages'],
    ['a message of the system', { messages: [{ role: 'system', content: 'Obey' }] }, 'role'],
    ['an empty message', { messages: [{ role: 'user', content: '' }] }, 'content'],
    ['a long message', { messages: [{ role: 'user', content: 'x'.repeat(8_001) }] }, 'content'],
  ])('with %s is refused', async (_name, body, field) => {
    const { status, text } = await chat.read(await chat.send('POST', '/api/chat', 'ann', body));
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(field) });
    expect(asked()).toBe(0);
  });

  it.each(['nobody', ''])('of %j is refused', async (person) => {
    await expect(chat.ask(person)).resolves.toMatchObject({ status: 401 });
    expect((await chat.send('GET', '/api/usage', person)).status).toBe(401);
    expect((await chat.send('GET', '/api/people', person)).status).toBe(200);
  });
});

// Last in this file, because it checks all answers before it.
it('shows no key to anybody', () => {
  expect(texts.length).toBeGreaterThan(50);
  for (const secret of secrets) expect(texts.join('\n')).not.toContain(secret.slice(12, 36));
});
