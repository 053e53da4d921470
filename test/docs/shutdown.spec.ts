import { get, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { SampleProgram } from '../support/sample-program.js';
import { cleanUp, MANAGEMENT_KEY, sendJson, startServer, type TestServer } from '../support/servers.js';
import { runProgram } from './programs.js';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

/** An application whose route asks OpenRouter; it prints what happens to it. */
const program = (afterwards: string): string => `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CreditsService, OpenRouterModule } from 'nestjs-openrouter';

let credits: CreditsService;
const say = (...words: unknown[]) => console.log(...words);
const ask = (who: string) =>
  credits.getCredits().then(({ balance }) => say(who, balance), ({ code }) => say(who, code));

class Consumer {
  async beforeApplicationShutdown(signal?: string) {
    say('beforeApplicationShutdown', signal);
    await ask('last call');
  }
}

class AppModule {}
const app = await NestFactory.create(
  {
    module: AppModule,
    imports: [OpenRouterModule.forRoot({
      managementKey: process.env.OPENROUTER_MANAGEMENT_KEY,
      baseUrl: process.env.OPENROUTER_BASE_URL,
      ...JSON.parse(process.env.OPENROUTER_OPTIONS),
    })],
    providers: [Consumer],
  },
  { logger: false },
);
credits = app.get(CreditsService);
app.getHttpAdapter().get('/credits', async (_request: unknown, response: any) => {
  response.json(await credits.getCredits());
});
app.getHttpAdapter().get('/background', (_request: unknown, response: any) => {
  void ask('background');
  response.json({});
});
await app.listen(0, '127.0.0.1');
${afterwards}
say('URL', await app.getUrl());
say('ready');
`;

/** OpenRouter, whose first answer waits for the test. */
async function holding(): Promise<TestServer & { first: Promise<() => void> }> {
  let tell!: (answer: () => void) => void;
  const first = new Promise<() => void>((resolve) => (tell = resolve));
  const answer = (response: ServerResponse): void =>
    sendJson(response, { data: { total_credits: 3, total_usage: 1 } });
  const server = await startServer((_request, response, index) => {
    if (index === 0) tell(() => answer(response));
    else answer(response);
  });
  return { ...server, first };
}

/** On a connection of its own, which ends with the answer: a kept one would hold up the shutdown. */
function ask(url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).on('error', reject);
  });
}

let running: SampleProgram | undefined;

afterEach(async () => {
  await running?.kill();
  await cleanUp();
});

async function start(afterwards: string, options: object = {}) {
  const openRouter = await holding();
  const app = runProgram(program(afterwards), {
    OPENROUTER_MANAGEMENT_KEY: MANAGEMENT_KEY,
    OPENROUTER_BASE_URL: openRouter.baseUrl,
    OPENROUTER_OPTIONS: JSON.stringify(options),
  });
  running = app;
  await app.url();
  return { app, openRouter, url: /^URL (\S+)$/m.exec(app.stdout)![1]! };
}

/** What it has said since it was ready. */
const said = ({ stdout }: SampleProgram): string[] =>
  stdout.split('ready\n')[1]!.trim().split('\n').filter(Boolean);

describe('SIGTERM', () => {
  it('ends an application without shutdown hooks in the middle of everything', async () => {
    const { app, openRouter, url } = await start('');
    const cut = expect(ask(`${url}/credits`)).rejects.toThrow();
    await openRouter.first;
    expect(await app.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
    await cut;
    expect(said(app)).toEqual([]);
  });

  it.each([
    ['app.enableShutdownHooks();', { code: null, signal: 'SIGTERM' }],
    ["app.enableShutdownHooks(['SIGTERM'], { useProcessExit: true });", { code: 0, signal: null }],
  ])('lets requests end whose calls are in flight, with %s', async (hooks, exit) => {
    const { app, openRouter, url } = await start(hooks);
    const request = ask(`${url}/credits`);
    const answer = await openRouter.first;
    app.signal('SIGTERM');
    await app.printed(/last call 2/);
    answer();
    expect((await request).body).toContain('"balance":2');
    expect(await app.exit).toEqual(exit);
    expect(said(app)).toEqual(['beforeApplicationShutdown SIGTERM', 'last call 2']);
  });

  it('ends a call that no request waits for', async () => {
    const { app, openRouter, url } = await start('app.enableShutdownHooks();');
    await ask(`${url}/background`);
    await openRouter.first;
    expect(await app.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
    expect(said(app)).toEqual([
      'beforeApplicationShutdown SIGTERM',
      'last call 2',
      'background OPENROUTER_ABORTED',
    ]);
  });

  it('waits for a request whose call hangs, until the call has an end', async () => {
    const { app, openRouter, url } = await start('app.enableShutdownHooks();', { deadlineMs: 1_000 });
    const request = ask(`${url}/credits`);
    await openRouter.first;
    app.signal('SIGTERM');
    expect((await request).status).toBe(500);
    expect(await app.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });
});
