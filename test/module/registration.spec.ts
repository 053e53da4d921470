import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import { type DynamicModule, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { LazyModuleLoader, ModulesContainer, REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  CreditsService,
  getOpenRouterClientToken,
  InjectOpenRouterClient,
  OPENROUTER_OPTIONS,
  OpenRouterClient,
  OpenRouterConfigException,
  type OpenRouterFactoryOptions,
  OpenRouterModule,
  type OpenRouterOptionsFactory,
  type ResolvedOpenRouterOptions,
  SecretString,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

async function startSandbox(): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start();
  closers.push(() => sandbox.stop());
  return sandbox;
}

async function boot(...imports: (DynamicModule | typeof OpenRouterModule)[]): Promise<TestingModule> {
  const module = await Test.createTestingModule({ imports }).compile();
  await module.init();
  closers.push(() => module.close());
  return module;
}

/** Boots a module that must not boot, and returns why. */
async function bootFailure(make: () => DynamicModule | DynamicModule[]): Promise<OpenRouterConfigException> {
  try {
    await boot(...[make()].flat());
  } catch (error) {
    expect(error).toBeInstanceOf(OpenRouterConfigException);
    return error as OpenRouterConfigException;
  }
  throw new Error('The module has booted.');
}

describe('OpenRouterModule.forRoot', () => {
  it('registers an account by its key alone', async () => {
    const module = await boot(OpenRouterModule.forRoot('sk-or-v1-a-key'));
    expect(module.get<ResolvedOpenRouterOptions>(OPENROUTER_OPTIONS)).toMatchObject({
      keys: { api: true, management: false },
      baseUrl: 'https://openrouter.ai/api/v1',
    });
  });

  it('registers an account by its key in a SecretString', async () => {
    const module = await boot(OpenRouterModule.forRoot(new SecretString('sk-or-v1-a-key')));
    expect(module.get(OpenRouterClient).options.keys).toEqual({ api: true, management: false });
    const client = new OpenRouterClient(new SecretString('sk-or-v1-a-key'));
    expect(client.options.keys).toEqual({ api: true, management: false });
    await client.close();
  });

  it('tells whoever lists CreditsService as a provider to import the module', async () => {
    const module = Test.createTestingModule({ providers: [CreditsService] });
    await expect(module.compile()).rejects.toThrow(
      /^CreditsService is made by OpenRouterModule: import the module/,
    );
  });

  it('injects the services by class and the options by token', async () => {
    const sandbox = await startSandbox();

    @Injectable()
    class Consumer {
      constructor(
        @Inject(CreditsService) readonly credits: CreditsService,
        @Inject(OpenRouterClient) readonly client: OpenRouterClient,
        @InjectOpenRouterClient() readonly sameClient: OpenRouterClient,
        @Inject(OPENROUTER_OPTIONS) readonly options: ResolvedOpenRouterOptions,
      ) {}
    }

    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot({ managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl })],
      providers: [Consumer],
    }).compile();
    closers.push(() => module.close());

    const consumer = module.get(Consumer);
    await expect(consumer.credits.getCredits()).resolves.toEqual({
      totalCredits: 100.5,
      totalUsage: 25.75,
      balance: 74.75,
      currency: 'USD',
    });
    expect(consumer.client).toBe(consumer.sameClient);
    expect(consumer.client.credits).toBe(consumer.credits);
    expect(consumer.client.options).toBe(consumer.options);
    expect(consumer.options.baseUrl).toBe(sandbox.baseUrl);
  });

  it('is there in every module when it is global, and only then', async () => {
    @Injectable()
    class Consumer {
      constructor(@Inject(CreditsService) readonly credits: CreditsService) {}
    }
    @Module({ providers: [Consumer] })
    class FeatureModule {}

    const compile = (isGlobal: boolean) =>
      Test.createTestingModule({
        imports: [OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-a-key', isGlobal }), FeatureModule],
      }).compile();

    const module = await compile(true);
    closers.push(() => module.close());
    expect(module.get(Consumer, { strict: false }).credits).toBe(module.get(CreditsService));
    await expect(compile(false)).rejects.toThrow(/CreditsService/);
  });

  it("keeps a user's options untouched, and does not see later changes to them", async () => {
    const options = Object.freeze({
      apiKey: 'sk-or-v1-a-key',
      headers: { 'x-team': 'a' },
      retry: { maxRetries: 1 },
    });
    const module = await boot(OpenRouterModule.forRoot(options));
    options.headers['x-team'] = 'b';
    options.retry.maxRetries = 9;
    const resolved = module.get<ResolvedOpenRouterOptions>(OPENROUTER_OPTIONS);
    expect(resolved.headers).toEqual({ 'x-team': 'a' });
    expect(resolved.retry).toMatchObject({ maxRetries: 1, initialDelayMs: 500 });
  });

  it('hides the key from everything that prints the application', async () => {
    const key = `sk-or-v1-${'c0ffee42'.repeat(8)}`;
    const module = await boot(
      OpenRouterModule.forRoot({ apiKey: key, managementKey: new SecretString(key), name: 'eu' }),
      OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey: key }) }),
    );
    const client = module.get(OpenRouterClient);
    for (const value of [module, client, client.credits, module.get<object>(OPENROUTER_OPTIONS)]) {
      expect(inspect(value, { depth: Infinity, showHidden: true, getters: true })).not.toContain(key);
    }
    expect(JSON.stringify(client)).not.toContain(key);
  });
});

describe('OpenRouterModule.forRootAsync', () => {
  it('takes keys from ConfigService', async () => {
    const sandbox = await startSandbox();
    const module = await boot(
      OpenRouterModule.forRootAsync({
        imports: [
          ConfigModule.forRoot({
            ignoreEnvFile: true,
            load: [() => ({ OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey, BASE_URL: sandbox.baseUrl })],
          }),
        ],
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({
          managementKey: config.getOrThrow<string>('OPENROUTER_MANAGEMENT_KEY'),
          baseUrl: config.get<string>('BASE_URL'),
        }),
      }),
    );
    await expect(module.get(CreditsService).getCredits()).resolves.toMatchObject({ balance: 74.75 });
    expect(sandbox.requests.map(({ key }) => key)).toEqual(['management']);
  });

  it("takes a configuration namespace by `registerAs('openrouter', …).asProvider()`", async () => {
    const sandbox = await startSandbox();
    const openrouterConfig = registerAs('openrouter', () => ({
      managementKey: sandbox.managementKey,
      baseUrl: sandbox.baseUrl,
    }));
    const module = await boot(OpenRouterModule.forRootAsync(openrouterConfig.asProvider()));
    await expect(module.get(CreditsService).getCredits()).resolves.toMatchObject({ balance: 74.75 });
  });

  it('takes a class of its own, an existing provider, extra providers and promises', async () => {
    @Injectable()
    class Vault {
      readonly key = 'sk-or-v1-from-the-vault';
    }
    @Injectable()
    class OptionsFactory implements OpenRouterOptionsFactory {
      constructor(@Inject(Vault) private readonly vault: Vault) {}

      createOpenRouterOptions(): Promise<OpenRouterFactoryOptions> {
        return Promise.resolve({ apiKey: this.vault.key, timeoutMs: 1_234 });
      }
    }
    @Module({ providers: [Vault, OptionsFactory], exports: [OptionsFactory] })
    class VaultModule {}

    const module = await boot(
      OpenRouterModule.forRootAsync({ useClass: OptionsFactory, extraProviders: [Vault] }),
      OpenRouterModule.forRootAsync({
        name: 'existing',
        imports: [VaultModule],
        useExisting: OptionsFactory,
      }),
      OpenRouterModule.forRootAsync({
        name: 'factory',
        extraProviders: [Vault],
        inject: [Vault],
        useFactory: async ({ key }: Vault) => Promise.resolve({ apiKey: key, timeoutMs: 1_234 }),
      }),
    );
    for (const name of [undefined, 'existing', 'factory']) {
      const client = module.get<OpenRouterClient>(getOpenRouterClientToken(name), { strict: false });
      expect(client.options).toMatchObject({ keys: { api: true, management: false }, timeoutMs: 1_234 });
    }
  });

  it('passes an error of the factory on as it is', async () => {
    const failure = new Error('the vault is sealed');
    const factory = () => {
      throw failure;
    };
    await expect(boot(OpenRouterModule.forRootAsync({ useFactory: factory }))).rejects.toBe(failure);
  });
});

describe('several accounts', () => {
  it('keeps accounts apart, each with its own key and client', async () => {
    const [us, eu] = [await startSandbox(), await startSandbox()];
    eu.topUp(25.25);

    @Injectable()
    class Consumer {
      constructor(
        @Inject(OpenRouterClient) readonly us: OpenRouterClient,
        @InjectOpenRouterClient('eu') readonly eu: OpenRouterClient,
      ) {}
    }
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ managementKey: us.managementKey, baseUrl: us.baseUrl }),
        OpenRouterModule.forRoot({ name: 'eu', managementKey: eu.managementKey, baseUrl: eu.baseUrl }),
      ],
      providers: [Consumer],
    }).compile();
    closers.push(() => module.close());

    const consumer = module.get(Consumer);
    await expect(consumer.us.credits.getCredits()).resolves.toMatchObject({ balance: 74.75 });
    await expect(consumer.eu.credits.getCredits()).resolves.toMatchObject({ balance: 100 });
    expect([us.requests.length, eu.requests.length]).toEqual([1, 1]);
  });

  it('accepts the same module object in several places', async () => {
    const shared = OpenRouterModule.forRoot('sk-or-v1-a-key');
    @Module({ imports: [shared] })
    class FeatureModule {}
    await expect(boot(shared, { module: FeatureModule })).resolves.toBeDefined();
  });

  it.each([
    ['default account', undefined],
    ["account 'eu'", 'eu'],
  ])('refuses a second registration of the %s', async (title, name) => {
    const error = await bootFailure(() => [
      OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-one', name }),
      OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey: 'sk-or-v1-two' }), name }),
    ]);
    expect(error.message).toContain(title);
    expect(error.message).toMatch(/registered twice.*isGlobal: true.*constant.*name/s);
  });

  it('refuses a second registration in a module that is loaded lazily, which gets no hooks', async () => {
    @Module({ imports: [OpenRouterModule.forRoot('sk-or-v1-two')] })
    class BillingModule {}
    const app = await boot(OpenRouterModule.forRoot('sk-or-v1-one'));
    const load = app.get(LazyModuleLoader).load(() => BillingModule);
    await expect(load).rejects.toThrow(/registered twice/);
  });
});

describe('several accounts where Nest tells modules apart by their content', () => {
  const compile = (...imports: (DynamicModule | typeof OpenRouterModule)[]): Promise<TestingModule> =>
    Test.createTestingModule({ imports }, { moduleIdGeneratorAlgorithm: 'deep-hash' }).compile();

  it.each<[string, () => DynamicModule[]]>([
    [
      'two default accounts',
      () => [OpenRouterModule.forRoot('sk-or-v1-one'), OpenRouterModule.forRoot('sk-or-v1-two')],
    ],
    [
      'two accounts of one name',
      () => [
        OpenRouterModule.forRoot({ name: 'eu', apiKey: 'sk-or-v1-one' }),
        OpenRouterModule.forRoot({ name: 'eu', apiKey: 'sk-or-v1-two' }),
      ],
    ],
    [
      'two factories that only their closures tell apart',
      () =>
        ['sk-or-v1-one', 'sk-or-v1-two'].map((apiKey) =>
          OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey }) }),
        ),
    ],
  ])('refuses %s', async (_title, registrations) => {
    await expect(compile(...registrations())).rejects.toThrow(/registered twice in one application/);
  });

  it('accepts the same module object in several places', async () => {
    const shared = OpenRouterModule.forRoot('sk-or-v1-a-key');
    @Module({ imports: [shared] })
    class FeatureModule {}
    const module = await compile(shared, { module: FeatureModule });
    closers.push(() => module.close());
    expect(module.get(OpenRouterClient).options.keys).toEqual({ api: true, management: false });
  });
});

describe('many accounts', () => {
  /** How often a boot looks at what registers an account. */
  async function looksOf(count: number): Promise<number> {
    const [anyModule] = (await boot()).get(ModulesContainer).values();
    const [anyProvider] = anyModule!.providers.values();
    const wrapper = Object.getPrototypeOf(anyProvider) as typeof anyProvider & object;
    const looks = jest.spyOn(wrapper, 'isDependencyTreeStatic');
    await boot(
      ...Array.from({ length: count }, (_, index) =>
        OpenRouterModule.forRoot({ name: `account-${index}`, apiKey: 'sk-or-v1-a-key' }),
      ),
    );
    const tokens = looks.mock.contexts.map((context) => String(Reflect.get(context as object, 'token')));
    looks.mockRestore();
    return tokens.filter((token) => token.startsWith('nestjs-openrouter/account/')).length;
  }

  it('boot with as many looks at each as few do', async () => {
    const few = await looksOf(10);
    expect(few).toBeGreaterThan(10);
    expect(await looksOf(80)).toBeLessThanOrEqual(few * 8);
  });
});

describe('what stops the boot', () => {
  const SECRET = 'hunter2-hunter2-hunter2';

  it.each<[string, unknown, RegExp]>([
    ['an empty key', '', /`apiKey` must not be blank/],
    ['no key', undefined, /forRoot got nothing.*`apiKey`.*`managementKey`/],
    ['null', null, /forRoot got nothing/],
    ['a number', 42, /must be given a key or an object/],
    ['no options', {}, /no key is set.*`apiKey`.*`managementKey`/],
    ['undefined keys', { apiKey: undefined, managementKey: undefined }, /no key is set/],
    ['a blank key', { apiKey: ' \t' }, /`apiKey` must not be blank/],
    ['a padded key', { apiKey: ` ${SECRET}` }, /`apiKey` has white space/],
    [
      'a key with a line break at its end',
      { managementKey: `${SECRET}\n` },
      /`managementKey` has white space or a line/,
    ],
    [
      'a key with a line break inside',
      { apiKey: `${SECRET}\nX: y` },
      /`apiKey` has a character that no HTTP header/,
    ],
    ['a key that no header can carry', { apiKey: `${SECRET}Я` }, /`apiKey` has a character/],
    ['a key with its scheme', { apiKey: `Bearer ${SECRET}` }, /leave out "Bearer"/],
    ['a key of another type', { apiKey: 7 }, /`apiKey` must be a string/],
    ['a wrapped bad key', { apiKey: new SecretString(`${SECRET}\n`) }, /`apiKey` has white space/],
    ['no URL', { apiKey: SECRET, baseUrl: 'openrouter.ai' }, /`baseUrl` must be an absolute URL/],
    [
      'another protocol',
      { apiKey: SECRET, baseUrl: 'ftp://openrouter.ai' },
      /`baseUrl` must be an absolute URL/,
    ],
    [
      'credentials in the URL',
      { apiKey: SECRET, baseUrl: `https://me:${SECRET}@x.com` },
      /must not hold credentials/,
    ],
    [
      'clear text to another host',
      { apiKey: SECRET, baseUrl: 'http://openrouter.ai/api/v1' },
      /`baseUrl` must use https/,
    ],
    ['an unknown option', { apikey: SECRET }, /`apikey` is not known; did you mean `apiKey`\?/],
    [
      'an unknown nested option',
      { apiKey: SECRET, retry: { maxRetry: 1 } },
      /`retry.maxRetry` is not known; did you mean/,
    ],
    ['a wrong type', { apiKey: SECRET, timeoutMs: '10' }, /`timeoutMs` must be a number of milliseconds/],
    [
      'a wrong nested type',
      { apiKey: SECRET, retry: { maxRetries: 1.5 } },
      /`retry.maxRetries` must be a whole number/,
    ],
    [
      'an authorization header',
      { apiKey: SECRET, headers: { Authorization: SECRET } },
      /may not set `authorization`/,
    ],
    ['a key in quotation marks', { apiKey: `"${SECRET}"` }, /`apiKey` has quotation marks around it/],
    [
      'a proxy by its URL',
      { apiKey: SECRET, axios: { proxy: 'http://x' } },
      /`axios.proxy` must be false or an object with `host` and `port`; got 'http:\/\/x'/,
    ],
    [
      'an agent that is none',
      { apiKey: SECRET, axios: { httpsAgent: {} } },
      /`axios.httpsAgent` must be an agent, for example new https.Agent\(\); got an object/,
    ],
    [
      'an adapter that nobody knows',
      { apiKey: SECRET, axios: { adapter: 'bogus' } },
      /`axios.adapter` must be a function, 'http' or 'fetch', or a list of them; got 'bogus'/,
    ],
    ['another family', { apiKey: SECRET, axios: { family: 5 } }, /`axios.family` must be 4 or 6; got 5/],
    [
      'a lookup that is none',
      { apiKey: SECRET, axios: { lookup: {} } },
      /`axios.lookup` must be a function; got an object/,
    ],
    [
      'a blank name',
      { apiKey: SECRET, name: ' ' },
      /`name` must be a non-empty string; got a blank string; leave it out for the default account/,
    ],
    ["the default account's name", { apiKey: SECRET, name: 'default' }, /`name` must not be 'default'/],
    ['a wrong isGlobal', { apiKey: SECRET, isGlobal: 'yes' }, /`isGlobal` must be true or false/],
  ])('forRoot with %s', async (_title, options, message) => {
    const error = await bootFailure(() => OpenRouterModule.forRoot(options as never));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('OPENROUTER_CONFIG');
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });

  it('tells everything that is wrong at once', async () => {
    const error = await bootFailure(() =>
      OpenRouterModule.forRoot({ apiKey: '', timeoutMs: -1, retry: { maxRetries: -1 } }),
    );
    expect(error.message).toMatch(/`apiKey`.*/);
    expect(error.message).toMatch(/`timeoutMs`.*/);
    expect(error.message).toMatch(/`retry.maxRetries`.*/);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /needs exactly one of `useFactory`, `useClass` and `useExisting`/],
    ['an empty object', {}, /needs exactly one of/],
    ['two ways at once', { useFactory: () => ({}), useClass: class {} }, /needs exactly one of/],
    [
      'a misspelt way',
      { useFactroy: () => ({ apiKey: SECRET }) },
      /`useFactroy` is not known; did you mean `useFactory`\?$/,
    ],
    ['a class without the method', { useClass: class {} }, /has no method `createOpenRouterOptions`/],
    [
      'a factory that is none',
      { useFactory: { apiKey: SECRET } },
      /`useFactory` must be a function; got an object/,
    ],
    [
      'modules that are no list',
      { imports: {}, useFactory: () => SECRET },
      /`imports` must be a list of modules; got an object/,
    ],
    ['a factory that returns nothing', { useFactory: () => undefined }, /forRootAsync got nothing/],
    [
      'a factory that returns a bad key',
      { useFactory: () => ({ apiKey: '' }) },
      /forRootAsync: `apiKey` must not be blank/,
    ],
    [
      'isGlobal in the result',
      { useFactory: () => ({ apiKey: SECRET, isGlobal: true }) },
      /`isGlobal` has no effect/,
    ],
    ['a name in the result', { useFactory: () => ({ apiKey: SECRET, name: 'eu' }) }, /`name` has no effect/],
  ])('forRootAsync with %s', async (_title, registration, message) => {
    const error = await bootFailure(() => OpenRouterModule.forRootAsync(registration as never));
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(SECRET);
  });

  it('names the account', async () => {
    const error = await bootFailure(() => OpenRouterModule.forRoot({ name: 'eu', apiKey: '' }));
    expect(error.message).toContain("account 'eu'");
  });

  it('options that depend on the request', async () => {
    const direct = () =>
      OpenRouterModule.forRootAsync({ inject: [REQUEST], useFactory: () => ({ apiKey: SECRET }) });
    expect((await bootFailure(direct)).message).toMatch(/depend on the request.*RequestOptions\.apiKey/);

    @Injectable({ scope: Scope.REQUEST })
    class PerRequest implements OpenRouterOptionsFactory {
      createOpenRouterOptions(): OpenRouterFactoryOptions {
        return { apiKey: SECRET };
      }
    }
    const byClass = () => OpenRouterModule.forRootAsync({ useClass: PerRequest });
    expect((await bootFailure(byClass)).message).toMatch(/depend on the request/);
  });
});

describe('in tests of an application', () => {
  it('a replaced CreditsService reaches the client', async () => {
    const fake = { getCredits: () => Promise.resolve({ balance: 1 }) };
    const module = await Test.createTestingModule({ imports: [OpenRouterModule.forRoot('sk-or-v1-a-key')] })
      .overrideProvider(CreditsService)
      .useValue(fake)
      .compile();
    closers.push(() => module.close());
    expect(module.get(OpenRouterClient).credits).toBe(fake);
  });

  it('a named client can be replaced as a whole', async () => {
    const fake = { credits: {} };
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot({ name: 'eu', apiKey: 'sk-or-v1-a-key' })],
    })
      .overrideProvider(getOpenRouterClientToken('eu'))
      .useValue(fake)
      .compile();
    closers.push(() => module.close());
    expect(module.get(getOpenRouterClientToken('eu'))).toBe(fake);
  });
});
