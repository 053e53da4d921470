import { request } from 'node:http';
import type { INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpenRouterFactoryOptions } from 'nestjs-openrouter';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { Commands, Refusal } from '../../shared/dashboard.js';
import type { Access } from '../../src/access/access.js';
import { AppModule } from '../../src/app.module.js';
import { setUpHttp } from '../../src/http-setup.js';
import type { SpendDatabase } from '../../src/ledger/spend-database.js';
import { openrouterConfig } from '../../src/openrouter.config.js';
import { EventStream } from './event-stream.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Setup {
  /** The account, shown as a sandbox. Without it, `options` are those of a real account. */
  readonly sandbox?: OpenRouterSandbox;
  readonly options?: OpenRouterFactoryOptions;
  readonly access?: Access;
  /** Default: what is spent is kept in memory. */
  readonly database?: SpendDatabase;
}

/** The real application with options from the test instead of the environment. */
export class DashboardServer {
  /** All answers, headers included. */
  readonly texts: string[] = [];
  private readonly streams: EventStream[] = [];

  private constructor(
    private readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start({ sandbox, options, access = {}, database }: Setup): Promise<DashboardServer> {
    const keys = sandbox && {
      apiKey: sandbox.apiKey,
      managementKey: sandbox.managementKey,
      baseUrl: sandbox.baseUrl,
    };
    const testing = await Test.createTestingModule({ imports: [AppModule.of(sandbox, database)] })
      .overrideProvider(openrouterConfig.KEY)
      .useValue({ retry: { initialDelayMs: 20 }, ...keys, ...options })
      .compile();
    const app = testing.createNestApplication({ logger: false, forceCloseConnections: true });
    setUpHttp(app, access);
    await app.listen(0, '127.0.0.1');
    return new DashboardServer(app, await app.getUrl());
  }

  /** A provider of the application. */
  get<T>(type: Type<T>): T {
    return this.app.get(type);
  }

  /** Does not use `fetch`, which does not allow a `Host` header. */
  ask(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', headers = {}, body } = init;
      request(`${this.url}${path}`, { method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          this.texts.push(JSON.stringify(response.headers), text);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      })
        .on('error', reject)
        .end(body);
    });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Sends a command that must succeed. */
  async command<Path extends keyof Commands>(path: Path, body: Commands[Path]): Promise<void> {
    const { status, text } = await this.post(path, body);
    if (status !== 204) throw new Error(`${path}: ${status} ${text}`);
  }

  /** Sends a command that must fail. */
  async refusal(path: string, body: unknown): Promise<Refusal> {
    const { text } = await this.post(path, body);
    return JSON.parse(text) as Refusal;
  }

  async events(headers: Record<string, string> = {}): Promise<EventStream> {
    const stream = await EventStream.open(`${this.url}/api/events`, headers);
    this.streams.push(stream);
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of this.streams) stream.close();
    await this.app.close();
  }
}
