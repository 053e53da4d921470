import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { OpenRouterClient } from 'nestjs-openrouter';
import { AccountFacts } from '../dashboard/account-facts.js';
import { LedgerReader } from './ledger-reader.js';
import type { SpendDatabase } from './spend-database.js';

const DATABASE = 'spend-database';

/** Closes the database at the shutdown: the package leaves that to its owner. */
@Injectable()
class DatabaseEnd implements OnApplicationShutdown {
  constructor(
    private readonly openRouter: OpenRouterClient,
    @Inject(DATABASE) private readonly database: SpendDatabase,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    // First the account, which then writes the costs that it has yet to write.
    await this.openRouter.close();
    await this.database.close();
  }
}

/** What is shown of a ledger. Exists only with a database. */
@Module({})
export class LedgerModule {
  static of(database: SpendDatabase): DynamicModule {
    return {
      module: LedgerModule,
      // The dashboard shows what it reads.
      global: true,
      providers: [{ provide: DATABASE, useValue: database }, AccountFacts, DatabaseEnd, LedgerReader],
      exports: [LedgerReader],
    };
  }
}
