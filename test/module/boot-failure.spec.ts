import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleInit,
  Scope,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BalanceService,
  CreditsService,
  getOpenRouterClientToken,
  OpenRouterClient,
  OpenRouterModule,
  type OpenRouterModuleOptions,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';
import { sleep, until } from '../support/waiting.js';

const POLL_MS = 20;

/** Longer than the accounts of an application without hooks wait, and many times the pause between two polls. */
const LONG_ENOUGH_MS = 1_300;

const failed = new Error('the database is down');

let sandbox: OpenRouterSandbox;
let app: TestingModule | undefined;
const sandboxes: OpenRouterSandbox[] = [];

async function startSandbox(): Promise<OpenRouterSandbox> {
  sandbox = await OpenRouterSandbox.start();
  sandboxes.push(sandbox);
  return sandbox;
}

beforeEach(startSandbox);

afterEach(async () => {
  await app?.close();
  app = undefined;
  await Promise.all(sandboxes.splice(0).map((each) => each.stop()));
});

function watched(own: OpenRouterModuleOptions & { name?: string; isGlobal?: boolean } = {}): DynamicModule {
  const { managementKey, baseUrl } = sandbox;
  const balance = { watch: true, pollIntervalMs: POLL_MS, ttlMs: 10 };
  return OpenRouterModule.forRoot({ managementKey, baseUrl, balance, ...own });
}

/** A provider that needs the account, so that it fails once that is made. */
const FAILING = {
  provide: 'database',
  inject: [BalanceService],
  useFactory: async () => {
    await sleep(POLL_MS);
    throw failed;
  },
};

class LateFailure implements OnApplicationBootstrap {
  async onApplicationBootstrap(): Promise<void> {
    await sleep(POLL_MS);
    throw failed;
  }
}

@Injectable()
class Listener {
  constructor(@Inject(BalanceService) balance: BalanceService) {
    balance.alerts$.subscribe();
    balance.changes$.subscribe();
  }
}

async function expectSilence(): Promise<void> {
  await sleep(LONG_ENOUGH_MS);
  expect(sandbox.requests).toEqual([]);
}

@Module({})
class FrozenModule {
  constructor() {
    Object.freeze(this);
  }
}

@Module({ providers: [{ provide: 'request', scope: Scope.REQUEST, useFactory: () => 1 }] })
class RequestModule {
  constructor(@Inject('request') readonly request: number) {}
}

const SUBSCRIBED = { balance: { pollIntervalMs: POLL_MS, ttlMs: 10 } };

/** Boots that fail after an account was made; each resolves with why. */
const FAILING_BOOTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'an account with `watch`': () => bootFailure({ imports: [watched()], providers: [FAILING] }),
  'a global account with `watch`': () =>
    bootFailure({ imports: [watched({ isGlobal: true })], providers: [FAILING] }),
  'a named account with `watch`': () =>
    bootFailure({
      imports: [watched({ name: 'eu' })],
      providers: [{ ...FAILING, inject: [getOpenRouterClientToken('eu')] }],
    }),
  'a subscriber in a constructor': () =>
    bootFailure({
      imports: [watched(SUBSCRIBED)],
      providers: [Listener, { ...FAILING, inject: [Listener] }],
    }),
  'a subscriber in a hook, where another hook fails': () => {
    @Injectable()
    class LateListener implements OnModuleInit {
      constructor(@Inject(BalanceService) private readonly balance: BalanceService) {}

      onModuleInit(): void {
        this.balance.changes$.subscribe();
      }
    }
    @Module({ imports: [watched()], providers: [LateListener] })
    class ListeningModule {}
    @Injectable()
    class Failing implements OnModuleInit {
      async onModuleInit(): Promise<void> {
        await sleep(POLL_MS);
        throw failed;
      }
    }
    return bootFailure({ imports: [ListeningModule], providers: [Failing] });
  },
  'a provider of the root module whose `onApplicationBootstrap` fails': () =>
    bootFailure({ imports: [watched({ isGlobal: true })], providers: [LateFailure] }),
  'an imported module whose `onApplicationBootstrap` fails': () => {
    @Module({ imports: [watched()], providers: [LateFailure] })
    class FailingModule {}
    return bootFailure({ imports: [FailingModule] });
  },
  'a root module whose own `onApplicationBootstrap` fails': () => {
    @Module({ imports: [watched()] })
    class FailingModule extends LateFailure {}
    return failureOf(
      NestFactory.createApplicationContext(FailingModule, { logger: false, abortOnError: false }),
    );
  },
  'a subscriber in `onApplicationBootstrap`, where a later one fails': () => {
    @Injectable()
    class LateListener implements OnApplicationBootstrap {
      constructor(@Inject(BalanceService) private readonly balance: BalanceService) {}

      onApplicationBootstrap(): void {
        this.balance.changes$.subscribe();
      }
    }
    @Module({ imports: [watched(SUBSCRIBED)], providers: [LateListener] })
    class ListeningModule {}
    return bootFailure({ imports: [ListeningModule], providers: [LateFailure] });
  },
  'a module that is loaded lazily': async () => {
    @Module({ imports: [watched()], providers: [Listener, { ...FAILING, inject: [Listener] }] })
    class BillingModule {}
    app = await Test.createTestingModule({}).compile();
    await app.init();
    return failureOf(app.get(LazyModuleLoader).load(() => BillingModule));
  },
};

async function bootFailure(metadata: ModuleMetadata): Promise<unknown> {
  return failureOf(
    Test.createTestingModule(metadata)
      .compile()
      .then((module) => module.init()),
  );
}

describe('a boot that fails', () => {
  it('leaves nothing that polls', async () => {
    const polls: (() => [string, number])[] = [];
    for (const [title, boot] of Object.entries(FAILING_BOOTS)) {
      const own = await startSandbox();
      polls.push(() => [title, own.requests.length]);
      expect(await boot()).toBe(failed);
    }
    await sleep(LONG_ENOUGH_MS);
    expect(polls.map((poll) => poll())).toEqual(Object.keys(FAILING_BOOTS).map((title) => [title, 0]));
  });
});

describe('a boot that succeeds', () => {
  it('starts the polls when the root module has come up, and leaves that as it was', async () => {
    const seen: number[] = [];
    @Module({ imports: [watched()] })
    class RootModule implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await sleep(5 * POLL_MS);
        seen.push(sandbox.requests.length);
      }
    }
    const context = await NestFactory.createApplicationContext(RootModule, {
      logger: false,
      abortOnError: false,
    });
    try {
      expect(seen).toEqual([0]);
      expect(Object.getOwnPropertyNames(context.get(RootModule))).toEqual([]);
      await until(() => sandbox.requests.length >= 3, 10_000);
    } finally {
      await context.close();
    }
  });

  it.each<[string, Type]>([
    ['is frozen', FrozenModule],
    ['depends on the request', RequestModule],
  ])('starts them also where the root module %s', async (_title, Root) => {
    const root: DynamicModule = { module: Root, imports: [watched()] };
    const context = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    try {
      await until(() => sandbox.requests.length >= 3, 10_000);
    } finally {
      await context.close();
    }
  });

  it('starts the polls of those who have subscribed in a constructor', async () => {
    app = await Test.createTestingModule({
      imports: [watched(SUBSCRIBED)],
      providers: [Listener],
    }).compile();
    await app.init();
    await until(() => sandbox.requests.length >= 3, 10_000);
  });

  it('starts them at the latest a while after it, where the application is never initialised', async () => {
    app = await Test.createTestingModule({
      imports: [watched(SUBSCRIBED)],
      providers: [Listener],
    }).compile();
    await until(() => sandbox.requests.length >= 3, 10_000);
  });

  it('starts them at once for a subscriber that comes after it', async () => {
    app = await Test.createTestingModule({
      imports: [watched(SUBSCRIBED)],
    }).compile();
    const told: unknown[] = [];
    app.get(BalanceService).changes$.subscribe((snapshot) => told.push(snapshot.balance));
    await until(() => told.length === 1);
    expect(told).toEqual([74.75]);
  });
});

describe('a default account whose client a test has replaced', () => {
  it('polls for who injects its balance', async () => {
    app = await Test.createTestingModule({ imports: [watched(SUBSCRIBED)], providers: [Listener] })
      .overrideProvider(OpenRouterClient)
      .useValue({})
      .compile();
    await app.init();
    await until(() => sandbox.requests.length >= 3, 10_000);
  });
});

describe('a named account whose client a test has replaced', () => {
  it('polls nothing', async () => {
    const replaced = sandbox;
    const eu = watched({ name: 'eu' });
    await startSandbox();
    app = await Test.createTestingModule({ imports: [eu, watched()] })
      .overrideProvider(getOpenRouterClientToken('eu'))
      .useValue({ balance: {} })
      .compile();
    await app.init();
    await until(() => sandbox.requests.length >= 3, 10_000);
    expect(replaced.requests.length).toBe(0);
  });
});

describe('a module that is loaded lazily', () => {
  interface Loaded {
    readonly credits: CreditsService;
    readonly balance: BalanceService;
  }

  async function load(registration: DynamicModule, ...eager: DynamicModule[]): Promise<Loaded> {
    @Module({ imports: [registration] })
    class BillingModule {}
    app = await Test.createTestingModule({ imports: eager }).compile();
    await app.init();
    const loaded = await app.get(LazyModuleLoader).load(() => BillingModule);
    return {
      credits: loaded.get(CreditsService, { strict: false }),
      balance: loaded.get(BalanceService, { strict: false }),
    };
  }

  it.each<[string, () => DynamicModule[]]>([
    ['in an application without accounts', () => []],
    ['beside an account of the application', () => [watched({ name: 'eu', balance: {} })]],
  ])('polls where `watch` is set, %s', async (_title, eager) => {
    await load(watched(), ...eager());
    await until(() => sandbox.requests.length >= 3, 10_000);
  });

  it('polls although another provider of it takes its time', async () => {
    const slow = { provide: 'slow', useFactory: () => sleep(LONG_ENOUGH_MS) };
    @Module({ imports: [watched()], providers: [slow] })
    class BillingModule {}
    app = await Test.createTestingModule({}).compile();
    await app.init();
    await app.get(LazyModuleLoader).load(() => BillingModule);
    expect(sandbox.requests).toEqual([]);
    await until(() => sandbox.requests.length >= 3, 10_000);
  });

  it.each<[string, () => DynamicModule[]]>([
    ['in an application without accounts', () => []],
    ['beside an account of the application', () => [watched({ name: 'eu', balance: {} })]],
  ])('is closed with the application, %s', async (_title, eager) => {
    const { credits, balance } = await load(watched({ balance: {} }), ...eager());
    let isComplete = false;
    balance.changes$.subscribe({ complete: () => (isComplete = true) });
    await expect(credits.getCredits()).resolves.toMatchObject({ balance: 74.75 });
    await app!.close();
    expect(isComplete).toBe(true);
    await expect(credits.getCredits()).rejects.toMatchObject({
      name: 'OpenRouterAbortException',
      message: 'credits.getCredits was not sent: the OpenRouter client is closed.',
    });
    await expect(balance.refresh()).rejects.toMatchObject({ name: 'OpenRouterAbortException' });
  });

  it('is closed with the application where its account has a name', async () => {
    @Module({ imports: [watched({ name: 'eu' })] })
    class BillingModule {}
    app = await Test.createTestingModule({}).compile();
    await app.init();
    const loaded = await app.get(LazyModuleLoader).load(() => BillingModule);
    const client = loaded.get<OpenRouterClient>(getOpenRouterClientToken('eu'), { strict: false });
    await app.close();
    await expect(client.credits.getCredits()).rejects.toMatchObject({ name: 'OpenRouterAbortException' });
  });

  it('may call while other providers shut down', async () => {
    const last: unknown[] = [];
    const eager = {
      provide: 'eager',
      useValue: {
        credits: undefined as CreditsService | undefined,
        async onModuleDestroy() {
          last.push((await this.credits!.getCredits()).balance);
        },
        async onApplicationShutdown() {
          last.push((await this.credits!.getCredits()).balance);
        },
      },
    };
    @Module({ imports: [watched({ balance: {} })] })
    class BillingModule {}
    app = await Test.createTestingModule({ providers: [eager] }).compile();
    await app.init();
    const loaded = await app.get(LazyModuleLoader).load(() => BillingModule);
    eager.useValue.credits = loaded.get(CreditsService, { strict: false });
    await app.close();
    app = undefined;
    expect(last).toEqual([74.75, 74.75]);
  });

  it('is closed where it is loaded into an application that has shut down', async () => {
    app = await Test.createTestingModule({ imports: [watched({ name: 'eu', balance: {} })] }).compile();
    await app.init();
    const loader = app.get(LazyModuleLoader);
    await app.close();
    @Module({ imports: [watched()] })
    class BillingModule {}
    const loaded = await loader.load(() => BillingModule);
    await expect(loaded.get(CreditsService, { strict: false }).getCredits()).rejects.toMatchObject({
      name: 'OpenRouterAbortException',
    });
    await expectSilence();
  });

  it('can be loaded again after a failure', async () => {
    let isUp = false;
    const registration = watched({ balance: {} });
    const database = {
      provide: 'database',
      inject: [CreditsService],
      useFactory: () => {
        if (!isUp) throw failed;
        return 'up';
      },
    };
    @Module({ imports: [registration], providers: [database] })
    class BillingModule {}
    app = await Test.createTestingModule({}).compile();
    await app.init();
    const loader = app.get(LazyModuleLoader);
    await expect(loader.load(() => BillingModule)).rejects.toBe(failed);
    isUp = true;
    const loaded = await loader.load(() => BillingModule);
    await expect(loaded.get(CreditsService, { strict: false }).getCredits()).resolves.toMatchObject({
      balance: 74.75,
    });
  });
});
