import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { OpenRouterClient } from 'nestjs-openrouter';
import { Database } from 'sample-shared/database';

/** Hands out the database. */
@Module({})
export class DatabaseModule {
  static of(database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [{ provide: Database, useValue: database }],
      exports: [Database],
    };
  }
}

/** Closes the database at the shutdown: the package leaves that to its owner. */
export class DatabaseEnd implements OnApplicationShutdown {
  constructor(
    @Inject(OpenRouterClient) private readonly openRouter: OpenRouterClient,
    @Inject(Database) private readonly database: Database,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    // First the account, which then writes the costs that it has yet to write.
    await this.openRouter.close();
    await this.database.close();
  }
}
