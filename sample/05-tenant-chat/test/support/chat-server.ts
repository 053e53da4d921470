import { PGlite } from '@electric-sql/pglite';
import { type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { Account } from '../../src/account.js';
import { AppModule } from '../../src/app.module.js';
import { Database } from 'sample-shared/database';
import { setUpHttp } from '../../src/http/set-up-http.js';
import { ChatClient } from './chat-client.js';

/** An embedded database that outlives the applications of the tests. */
export class TestDatabase extends Database {
  private readonly pglite = new PGlite();

  override query(text: string, values: readonly unknown[] = []): ReturnType<Database['query']> {
    return this.pglite.query<Record<string, unknown>>(text, [...values]);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  /** As if it were new. */
  async clear(): Promise<void> {
    await this.pglite.exec(
      'DROP SCHEMA IF EXISTS openrouter_spend CASCADE; DROP TABLE IF EXISTS chat_tenant',
    );
  }

  async end(): Promise<void> {
    await this.pglite.close();
  }
}

/** The real application in this process. */
export class ChatServer extends ChatClient {
  private constructor(
    readonly app: INestApplication,
    url: string,
  ) {
    super(url);
  }

  static async start({ apiKey, baseUrl }: OpenRouterSandbox, database: Database): Promise<ChatServer> {
    const module = AppModule.of({ account: new Account(apiKey, baseUrl), database });
    const app = await NestFactory.create(module, {
      abortOnError: false,
      logger: false,
      forceCloseConnections: true,
    });
    setUpHttp(app);
    await app.listen(0, '127.0.0.1');
    return new ChatServer(app, await app.getUrl());
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}
