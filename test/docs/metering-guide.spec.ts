import { request } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import type { SampleProgram } from '../support/sample-program.js';
import { until } from '../support/waiting.js';
import { blockOf, runProgram } from './programs.js';

// Every test starts a program, which takes its time on a busy machine.
jest.setTimeout(60_000);

const GUIDE = 'docs/metering.md';

/** An application with controllers of the guide, which prints what it counts. */
const application = (code: string, controller: string): string => `
${code}
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { OpenRouterModule } from 'nestjs-openrouter';

class AppModule {}
const { OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: baseUrl } = process.env;
const app = await NestFactory.create(
  {
    module: AppModule,
    imports: [OpenRouterModule.forRoot({ apiKey, baseUrl, metering: { lookupDelaysMs: [1, 50, 200, 1_000, 5_000] } })],
    controllers: [${controller}],
  },
  { logger: false },
);
app.use((request, _response, next) => {
  request.tenantId = request.headers['x-tenant'];
  next();
});
app.get(MeteringService).costs$.subscribe(({ usd, source, outcome, scope }) =>
  console.log(JSON.stringify({ usd, source, outcome, scope })),
);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log('URL', await app.getUrl());
console.log('ready');
`;

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

async function start(mark: string, controller: string): Promise<[OpenRouterSandbox, SampleProgram, string]> {
  const sandbox = await OpenRouterSandbox.start();
  const { baseUrl, apiKey } = sandbox;
  const program = runProgram(application(blockOf(GUIDE, mark), controller), {
    OPENROUTER_BASE_URL: baseUrl,
    OPENROUTER_API_KEY: apiKey,
  });
  ends.push(
    () => sandbox.stop(),
    () => program.end('SIGKILL'),
  );
  await program.url();
  return [sandbox, program, /^URL (\S+)$/m.exec(program.stdout)![1]!];
}

const costsOf = ({ stdout }: SampleProgram): unknown[] =>
  [...stdout.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line) as unknown);

describe('the guide of the meter', () => {
  it('has ten lines that count a completion for its tenant', async () => {
    const [sandbox, program, url] = await start('class ChatController', 'ChatController');
    const answer = await fetch(`${url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant': 'acme' },
      body: JSON.stringify({ question: 'Hi?' }),
    });
    expect(answer.status).toBe(201);
    await program.printed(/^\{.*\}$/m);
    const [{ usd } = { usd: NaN }] = sandbox.charges;
    expect(costsOf(program)).toEqual([
      { usd, source: 'answer', outcome: 'complete', scope: { tenant: 'acme' } },
    ]);
  });

  it.each([
    ['StreamController', 'stream'],
    ['EventsController', 'events'],
  ])('has a stream whose cost is learned after its reader has left: %s', async (name, path) => {
    const [sandbox, program, url] = await start(`class ${name}`, name);
    sandbox.onCompletion(() => ({ usd: 0.25, chunks: 1_000, chunkDelayMs: 10 }));
    const asking = request(`${url}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    asking.on('error', () => undefined);
    asking.on('response', (answer) => {
      answer.on('error', () => undefined);
      answer.once('data', () => asking.destroy());
    });
    asking.end(JSON.stringify({ question: 'Hi?' }));
    await until(() => sandbox.charges.length > 0);
    await program.printed(/^\{.*\}$/m);
    const [{ usd, isCancelled } = { usd: NaN, isCancelled: false }] = sandbox.charges;
    expect(isCancelled).toBe(true);
    expect(usd).toBeLessThan(0.25);
    expect(costsOf(program)).toEqual([
      { usd, source: 'generation', outcome: 'aborted', scope: { feature: path } },
    ]);
  });
});
