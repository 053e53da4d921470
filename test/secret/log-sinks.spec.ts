import { execFile } from 'node:child_process';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Controller, Get, Inject } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pino from 'pino';
import winston from 'winston';
import { CreditsService, OpenRouterModule } from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { spellingsOf } from '../support/leaks.js';
import { cleanUp, clientOf, MANAGEMENT_KEY, type TestServer, startServer } from '../support/servers.js';

let server: TestServer;

beforeEach(async () => {
  // It tells the caller everything that it was told.
  server = await startServer((request, response) => {
    if (server.requests.length > 1) return void response.destroy();
    response.writeHead(401, { 'content-type': 'application/json', 'request-id': MANAGEMENT_KEY });
    response.end(
      JSON.stringify({
        error: {
          code: 401,
          message: `not ${MANAGEMENT_KEY}`,
          metadata: { raw: request.headers, [MANAGEMENT_KEY]: 1 },
        },
        user_id: 'user_1',
      }),
    );
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await cleanUp();
});

/** One exception of each kind that a call can end with. */
async function exceptions(): Promise<Error[]> {
  const { credits } = clientOf(server, { retry: false });
  const failing = clientOf(server, {
    managementKey: () => {
      throw new Error(`no vault for ${MANAGEMENT_KEY}`);
    },
  });
  const made = [
    await failureOf(credits.getCredits()),
    await failureOf(credits.getCredits()),
    await failureOf(credits.getCredits({ signal: AbortSignal.abort(new Error(MANAGEMENT_KEY)) })),
    await failureOf(credits.getCredits({ [MANAGEMENT_KEY]: 1 })),
    await failureOf(failing.credits.getCredits()),
  ];
  expect(made.map(({ name }) => name)).toEqual([
    'OpenRouterUnauthorizedException',
    'OpenRouterConnectionException',
    'OpenRouterAbortException',
    'OpenRouterValidationException',
    'OpenRouterConfigException',
  ]);
  return made;
}

/** Whether a text gives the key away, whole or in part. */
function leaks(text: string): string[] {
  return spellingsOf(MANAGEMENT_KEY).filter((spelling) => text.includes(spelling));
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}

/** What is written to the terminal meanwhile. */
function terminal(): () => string {
  const chunks: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    });
  }
  return () => chunks.join('');
}

describe('no key shows', () => {
  it.each([false, true])("in Nest's own log (as JSON: %p)", async (json) => {
    const made = await exceptions();
    const written = terminal();
    const logger = new ConsoleLogger('Test', { json, colors: false });
    for (const exception of made) {
      logger.error(exception);
      logger.error('failed', exception.stack);
      logger.error({ err: exception });
      logger.log('context', { exception });
    }
    const text = written();
    jest.restoreAllMocks();
    expect(text).toContain('OpenRouterUnauthorizedException');
    expect(leaks(text)).toEqual([]);
  });

  it('in pino', async () => {
    const { stream, text } = collector();
    const logger = pino({}, stream);
    for (const exception of await exceptions()) {
      logger.error(exception);
      logger.error({ err: exception, exception }, 'failed');
    }
    expect(text()).toContain('OPENROUTER_UNAUTHORIZED');
    expect(leaks(text())).toEqual([]);
  });

  it('in winston', async () => {
    const { stream, text } = collector();
    const { combine, errors, json, metadata, timestamp } = winston.format;
    const logger = winston.createLogger({
      format: combine(errors({ stack: true }), timestamp(), metadata(), json()),
      transports: [new winston.transports.Stream({ stream })],
    });
    for (const exception of await exceptions()) {
      logger.error(exception);
      logger.error('failed', { exception });
    }
    expect(text()).toContain('OPENROUTER_UNAUTHORIZED');
    expect(leaks(text())).toEqual([]);
  });

  it('in what another thread gets', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const { inspect } = require('node:util');
       parentPort.on('message', (value) => parentPort.postMessage(inspect(value, { depth: Infinity, showHidden: true })));`,
      { eval: true },
    );
    for (const exception of await exceptions()) {
      const shown = new Promise<string>((resolve) => void worker.once('message', resolve));
      worker.postMessage(exception);
      const text = await shown;
      expect(text).toContain(exception.message);
      expect(leaks(text)).toEqual([]);
    }
    await worker.terminate();
  });

  it('in the answer and the log of an application without the filter', async () => {
    @Controller()
    class CreditsController {
      constructor(@Inject(CreditsService) private readonly credits: CreditsService) {}

      @Get()
      get(): Promise<unknown> {
        return this.credits.getCredits();
      }
    }
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ managementKey: MANAGEMENT_KEY, baseUrl: server.baseUrl, retry: false }),
      ],
      controllers: [CreditsController],
    }).compile();
    const app = module.createNestApplication({
      logger: new ConsoleLogger({ colors: false, logLevels: ['error'] }),
    });
    await app.listen(0, '127.0.0.1');
    const written = terminal();
    const response = await fetch(await app.getUrl());
    const body = await response.text();
    const log = written();
    jest.restoreAllMocks();
    await app.close();
    expect([response.status, JSON.parse(body)]).toEqual([
      500,
      { statusCode: 500, message: 'Internal server error' },
    ]);
    expect(log).toContain('OpenRouterUnauthorizedException');
    expect([...leaks(body), ...leaks(log)]).toEqual([]);
  });

  it('in what Node prints of a rejection that nobody handles', async () => {
    const script = `
      import { OpenRouterClient } from 'nestjs-openrouter';
      const client = new OpenRouterClient({
        managementKey: process.env.TEST_KEY, baseUrl: process.env.TEST_URL, retry: false,
      });
      client.credits.getCredits();`;
    const printed = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        ['--input-type=module', '-e', script],
        { env: { ...process.env, TEST_KEY: MANAGEMENT_KEY, TEST_URL: server.baseUrl } },
        (error, stdout, stderr) => {
          resolve(`${String(error?.code)} ${stdout}${stderr}`);
        },
      );
    });
    expect(printed).toMatch(/^1 .*OpenRouterUnauthorizedException/s);
    expect(leaks(printed)).toEqual([]);
  });

  it('to a search that would find it', () => {
    expect(leaks(inspect(new Error(MANAGEMENT_KEY)))).not.toEqual([]);
  });
});
