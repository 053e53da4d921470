import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '../../lib/http/version.js';

const run = promisify(execFile);

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(120_000);

/** Runs a script in a Node process of its own, as a user's program, and returns what it prints. */
async function node(type: 'module' | 'commonjs', script: string, cwd = process.cwd()): Promise<string> {
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', script], {
    timeout: 100_000,
    cwd,
  });
  return stdout.trim();
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  exports: Record<string, unknown>;
  typesVersions: Record<string, unknown>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
};

const EXPORTS = {
  'nestjs-openrouter': [
    'ActivityItem',
    'ActivityQuery',
    'ActivityService',
    'ActivitySummary',
    'ActivityTotals',
    'ApiKey',
    'ApiKeyDetails',
    'ApiKeysService',
    'BalanceForecast',
    'BalanceService',
    'BalanceSnapshot',
    'BalanceSnapshotSources',
    'Budget',
    'BudgetsService',
    'CoinbaseChargeResponse',
    'CoinbasePrice',
    'CoinbasePricing',
    'CreateApiKeyRequest',
    'CreateCoinbaseChargeRequest',
    'CreatedApiKey',
    'CreditsGuard',
    'CreditsService',
    'CurrentApiKey',
    'DailyActivity',
    'FreeModelDailyRequests',
    'Generation',
    'GenerationProviderResponse',
    'GenerationsService',
    'GetCreditsResponse',
    'InMemoryBalanceStore',
    'InMemorySpendStore',
    'InjectOpenRouterClient',
    'KeyBudget',
    'ListApiKeysQuery',
    'MeterAs',
    'MeteringInterceptor',
    'MeteringService',
    'ModelActivity',
    'OPENROUTER_OPTIONS',
    'OpenRouterAbortException',
    'OpenRouterApiException',
    'OpenRouterBadGatewayException',
    'OpenRouterBadRequestException',
    'OpenRouterClient',
    'OpenRouterConfigException',
    'OpenRouterConflictException',
    'OpenRouterConnectionException',
    'OpenRouterEdgeNetworkTimeoutException',
    'OpenRouterException',
    'OpenRouterExceptionFilter',
    'OpenRouterForbiddenException',
    'OpenRouterGatewayTimeoutException',
    'OpenRouterGoneException',
    'OpenRouterInsufficientCreditsException',
    'OpenRouterInternalServerException',
    'OpenRouterModule',
    'OpenRouterNotFoundException',
    'OpenRouterPayloadTooLargeException',
    'OpenRouterPaymentRequiredException',
    'OpenRouterProviderOverloadedException',
    'OpenRouterRequestTimeoutException',
    'OpenRouterResponseException',
    'OpenRouterRetryLogger',
    'OpenRouterServiceUnavailableException',
    'OpenRouterSpendLimitException',
    'OpenRouterSpendStoreException',
    'OpenRouterTimeoutException',
    'OpenRouterTooManyRequestsException',
    'OpenRouterUnauthorizedException',
    'OpenRouterUnprocessableEntityException',
    'OpenRouterValidationException',
    'ProviderActivity',
    'RequireCredits',
    'SecretString',
    'SetBudgetRequest',
    'SkipCreditsGuard',
    'SpendLimitsService',
    'UpdateApiKeyRequest',
    'WithinSpendLimits',
    'WorkspaceActivity',
    'classifyOpenRouterError',
    'formatUsd',
    'getOpenRouterClientToken',
    'isBudgetExceeded',
    'isKeyLimitReached',
    'isOpenRouterException',
    'isOutOfCredits',
    'isSpendLimitReached',
    'isTransient',
    'provideOpenRouterExceptionFilter',
  ],
  'nestjs-openrouter/health': ['OpenRouterHealthIndicator', 'OpenRouterHealthModule'],
  'nestjs-openrouter/metrics': ['OpenRouterMetrics'],
  'nestjs-openrouter/otel': ['OpenRouterTracing'],
  'nestjs-openrouter/postgres': ['PostgresSpendStore'],
  'nestjs-openrouter/redis': ['RedisBalanceStore', 'RedisSpendStore'],
  'nestjs-openrouter/testing': ['OpenRouterSandbox', 'balanceStoreContract', 'spendStoreContract'],
};

/** The optional peers, and the one subpath that may need each. */
const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  '@nestjs/terminus': 'health',
  'prom-client': 'metrics',
  '@opentelemetry/api': 'otel',
  // Not imported: the client is the user's.
  ioredis: 'redis',
};

describe('the built package', () => {
  it.each(Object.entries(EXPORTS))(
    'exports from %s just this, in both module formats',
    async (entry, names) => {
      const commonJs = await node(
        'commonjs',
        `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`,
      );
      const esm = await node(
        'module',
        `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`,
      );
      expect(JSON.parse(commonJs)).toEqual(names);
      expect(JSON.parse(esm)).toEqual(names);
    },
  );

  it.each<['commonjs' | 'module', string]>([
    ['commonjs', 'require'],
    ['module', 'await import'],
  ])('keeps the names of its classes and functions, and has each class once (%s)', async (type, load) => {
    const output = await node(
      type,
      `
      const run = async () => {
        const renamed = [];
        for (const entry of ${JSON.stringify(Object.keys(EXPORTS))}) {
          for (const [name, value] of Object.entries(${load}(entry))) {
            if (typeof value === 'function' && value.name !== name) renamed.push(entry + ': ' + value.name);
          }
        }
        const { OpenRouterConfigException } = ${load}('nestjs-openrouter');
        const { RedisBalanceStore } = ${load}('nestjs-openrouter/redis');
        let refusal;
        try { new RedisBalanceStore(undefined); } catch (error) { refusal = error; }
        console.log(JSON.stringify([renamed, refusal.constructor === OpenRouterConfigException]));
      };
      run();
      `,
    );
    expect(JSON.parse(output)).toEqual([[], true]);
  });

  it.each<['commonjs' | 'module', string]>([
    ['commonjs', "require('nestjs-openrouter');"],
    [
      'module',
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); await import('nestjs-openrouter');",
    ],
  ])('starts without the validators that it does not use (%s)', async (type, load) => {
    const output = await node(
      type,
      `${load} console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /class-validator|libphonenumber/.test(file))))`,
    );
    const loaded = JSON.parse(output) as string[];
    expect(loaded.some((file) => file.includes('class-validator'))).toBe(true);
    expect(loaded.filter((file) => /libphonenumber|class-validator.cjs.index/.test(file))).toEqual([]);
  });

  it('declares types that need nothing but Node and the required peers, and an optional one only where it is used', () => {
    const required = Object.keys(manifest.peerDependencies).filter((name) => !(name in OPTIONAL_PEERS));
    const strays: string[] = [];
    const imported = new Set<string>();
    for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.d.ts')) {
        for (const [, name = ''] of readFileSync(`dist/${file}`, 'utf8').matchAll(
          /(?:\bfrom |import\()["']([^."'][^"']*)["']/g,
        )) {
          imported.add(name);
          const room = OPTIONAL_PEERS[name];
          const isFine =
            name.startsWith('node:') ||
            required.includes(name) ||
            (room !== undefined && file.split('/')[1] === room);
          if (!isFine) strays.push(`${file}: ${name}`);
        }
      }
    }
    expect(strays).toEqual([]);
    expect(imported).toContain('@nestjs/common');
  });

  it('is as large as the README says', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      timeout: 100_000,
    });
    const [{ size }] = JSON.parse(stdout) as [{ size: number }];
    const told = Number(/a download of about (\d+) kB/.exec(readFileSync('README.md', 'utf8'))?.[1]) * 1_000;
    expect(size / told).toBeGreaterThan(0.9);
    expect(size / told).toBeLessThan(1.1);
  });

  it('has every entry in both formats, with types, also for resolvers that know no exports', () => {
    const entries = Object.keys(EXPORTS).map((name) => name.replace('nestjs-openrouter', '.'));
    expect(Object.keys(manifest.exports).sort()).toEqual([...entries, './package.json'].sort());
    for (const entry of entries) {
      const file = entry === '.' ? 'index' : `${entry.slice(2)}/index`;
      const of = (format: string) => ({
        types: `./dist/${format}/${file}.d.ts`,
        default: `./dist/${format}/${file}.js`,
      });
      expect(manifest.exports[entry]).toEqual({ import: of('esm'), require: of('cjs') });
    }
    expect(manifest.typesVersions).toEqual({
      '*': Object.fromEntries(
        entries
          .filter((entry) => entry !== '.')
          .map((entry) => [entry.slice(2), [`./dist/cjs/${entry.slice(2)}/index.d.ts`]]),
      ),
    });
  });

  it('marks as optional the peers of the subpaths, and no other', () => {
    const optional = Object.keys(manifest.peerDependenciesMeta);
    expect(optional.sort()).toEqual(Object.keys(OPTIONAL_PEERS).sort());
    expect(Object.keys(manifest.peerDependencies)).toEqual(expect.arrayContaining(optional));
  });

  it('tells its version as package.json has it', () => {
    expect(VERSION).toBe(manifest.version);
  });

  it('recognises exceptions and tokens of the other copy in one process', async () => {
    const output = await node(
      'module',
      `
      import { createRequire } from 'node:module';
      import * as esm from 'nestjs-openrouter';
      const cjs = createRequire(import.meta.url)('nestjs-openrouter');
      const gone = new cjs.OpenRouterGoneException({ message: 'removed' });
      class Mine extends esm.OpenRouterGoneException {}
      const key = 'sk-or-v1-the-other-copy';
      const client = new esm.OpenRouterClient({ apiKey: new cjs.SecretString(key) });
      await client.close();
      console.log(JSON.stringify({
        distinct: cjs.OpenRouterGoneException !== esm.OpenRouterGoneException,
        own: gone instanceof esm.OpenRouterGoneException,
        parent: gone instanceof esm.OpenRouterApiException,
        sibling: gone instanceof esm.OpenRouterNotFoundException,
        users: gone instanceof Mine,
        usersOwn: new Mine({ message: 'x' }) instanceof cjs.OpenRouterGoneException,
        predicate: esm.isOpenRouterException(gone),
        options: esm.OPENROUTER_OPTIONS === cjs.OPENROUTER_OPTIONS,
        token: esm.getOpenRouterClientToken('eu') === cjs.getOpenRouterClientToken('eu'),
      }));
      `,
    );
    expect(JSON.parse(output)).toEqual({
      distinct: true,
      own: true,
      parent: true,
      sibling: false,
      users: false,
      usersOwn: true,
      predicate: true,
      options: true,
      token: true,
    });
  });

  it('answers a refusal of the guard of one copy by the filter of the other', async () => {
    const output = await node(
      'module',
      `
      import { createRequire } from 'node:module';
      import { Controller, Get } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      import * as esm from 'nestjs-openrouter';
      import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
      const cjs = createRequire(import.meta.url)('nestjs-openrouter');
      const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 1, totalUsage: 0.5 } });
      const { managementKey, baseUrl } = sandbox;
      const answers = [];
      for (const [guarding, filtering] of [[cjs, esm], [esm, cjs]]) {
        class Routes { get() { return 'ok'; } }
        const descriptor = Object.getOwnPropertyDescriptor(Routes.prototype, 'get');
        Get()(Routes.prototype, 'get', descriptor);
        guarding.RequireCredits(5)(Routes.prototype, 'get', descriptor);
        Controller()(Routes);
        class AppModule {}
        const app = await NestFactory.create({
          module: AppModule,
          imports: [guarding.OpenRouterModule.forRoot({ managementKey, baseUrl })],
          controllers: [Routes],
          providers: [filtering.provideOpenRouterExceptionFilter({ mapping: 'gateway' })],
        }, { logger: false });
        await app.listen(0, '127.0.0.1');
        const response = await fetch(await app.getUrl());
        answers.push([response.status, (await response.json()).message]);
        await app.close();
      }
      await sandbox.stop();
      console.log(JSON.stringify(answers));
      `,
    );
    const answer = [402, 'There are not enough credits left.'];
    expect(JSON.parse(output)).toEqual([answer, answer]);
  });

  it('refuses what is over a spend limit by the guard of one copy, and answers by the filter of the other', async () => {
    const output = await node(
      'module',
      `
      import { createRequire } from 'node:module';
      import { Controller, Get } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      import * as esm from 'nestjs-openrouter';
      const cjs = createRequire(import.meta.url)('nestjs-openrouter');
      const spendLimits = { rules: [{ by: 'tenant', usd: 1, period: 'day' }] };
      const answers = [];
      for (const [guarding, filtering, registering] of [[cjs, esm, esm], [esm, cjs, cjs]]) {
        class Routes { get() { return 'ok'; } }
        const descriptor = Object.getOwnPropertyDescriptor(Routes.prototype, 'get');
        Get()(Routes.prototype, 'get', descriptor);
        guarding.WithinSpendLimits()(Routes.prototype, 'get', descriptor);
        registering.MeterAs(() => ({ tenant: 'acme' }))(Routes.prototype, 'get', descriptor);
        Controller()(Routes);
        class AppModule {}
        const app = await NestFactory.create({
          module: AppModule,
          imports: [registering.OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-a-key', spendLimits })],
          controllers: [Routes],
          providers: [filtering.provideOpenRouterExceptionFilter({ mapping: 'gateway' })],
        }, { logger: false });
        await app.listen(0, '127.0.0.1');
        const ask = async () => {
          const response = await fetch(await app.getUrl());
          answers.push([response.status, (await response.text()).includes('The spend limit is reached.')]);
        };
        await ask();
        await app.get(registering.SpendLimitsService).adjust({ tenant: 'acme' }, 1, 'spent');
        await ask();
        await app.close();
      }
      console.log(JSON.stringify(answers));
      `,
    );
    const each = [
      [200, false],
      [402, true],
    ];
    expect(JSON.parse(output)).toEqual([...each, ...each]);
  });

  it('refuses the same account from both copies in one application', async () => {
    const output = await node(
      'module',
      `
      import { createRequire } from 'node:module';
      import { NestFactory } from '@nestjs/core';
      import { OpenRouterModule } from 'nestjs-openrouter';
      const cjs = createRequire(import.meta.url)('nestjs-openrouter');
      class AppModule {}
      const imports = [OpenRouterModule.forRoot('sk-or-v1-one'), cjs.OpenRouterModule.forRoot('sk-or-v1-two')];
      await NestFactory.createApplicationContext({ module: AppModule, imports }, { logger: false, abortOnError: false })
        .catch((error) => console.log(error.name, error.message));
      `,
    );
    expect(output).toMatch(/^OpenRouterConfigException .*registered twice/);
  });

  describe('in an application and a library of it that have a copy each', () => {
    /** What a library needs of its copy, written as a compiler writes it. */
    const LIBRARY = `
      const libraryOf = (copy) => {
        class Billing {
          constructor(...injected) { this.injected = injected; }
        }
        const tokens = [
          copy.CreditsService, copy.ApiKeysService, copy.ActivityService, copy.GenerationsService, copy.BudgetsService,
          copy.BalanceService, copy.OpenRouterClient, copy.getOpenRouterClientToken(), copy.OPENROUTER_OPTIONS,
        ];
        tokens.forEach((token, index) => Inject(token)(Billing, undefined, index));
        Injectable()(Billing);
        class BillingModule {}
        Module({ providers: [Billing], exports: [Billing] })(BillingModule);
        return { Billing, BillingModule };
      };
      const check = async (own, library) => {
        const account = own.OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-a-key', isGlobal: true });
        const copy = await library();
        const { Billing, BillingModule } = libraryOf(copy);
        class AppModule {}
        const app = await NestFactory.createApplicationContext(
          { module: AppModule, imports: [account, BillingModule] }, { logger: false, abortOnError: false });
        const { injected } = app.get(Billing, { strict: false });
        const names = ['credits', 'apiKeys', 'activity', 'generations', 'budgets', 'balance'];
        const client = app.get(own.OpenRouterClient, { strict: false });
        console.log(JSON.stringify([
          copy.CreditsService !== own.CreditsService,
          ...names.map((name, index) => injected[index] === client[name]),
          injected[6] === client && injected[7] === client && injected[8] === client.options,
        ]));
        await app.close();
      };
    `;
    const IMPORTS = `
      import 'reflect-metadata';
      import { createRequire } from 'node:module';
      import { Inject, Injectable, Module } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      const require = createRequire(import.meta.url);
    `;

    it.each([
      [
        'an ES module application, CommonJS library',
        "check(await import('nestjs-openrouter'), () => require('nestjs-openrouter'))",
      ],
      [
        'a CommonJS application, ES module library',
        "check(require('nestjs-openrouter'), () => import('nestjs-openrouter'))",
      ],
      [
        'the library loaded first',
        "(require('nestjs-openrouter'), check)(await import('nestjs-openrouter'), () => require('nestjs-openrouter'))",
      ],
    ])('injects the same services, options and client: %s', async (_title, run) => {
      const output = await node('module', `${IMPORTS} ${LIBRARY} await ${run};`);
      expect(JSON.parse(output)).toEqual(Array(8).fill(true));
    });

    it('shares the scope in force, and the decorators that set it', async () => {
      const output = await node(
        'module',
        `${IMPORTS}
        import { lastValueFrom, of } from 'rxjs';
        const esm = await import('nestjs-openrouter');
        const cjs = require('nestjs-openrouter');
        const scopeIn = (copy) => new copy.OpenRouterClient('sk-or-v1-a-key').metering.scope;
        const { metering } = new cjs.OpenRouterClient('sk-or-v1-a-key');
        class Routes {}
        cjs.MeterAs(() => ({ tenant: 'acme' }))(Routes);
        esm.MeterAs(() => ({ feature: 'chat' }))(Routes);
        const context = { getHandler: () => () => {}, getClass: () => Routes, getArgs: () => [], getType: () => 'rpc' };
        const handled = new esm.MeteringInterceptor().intercept(context, { handle: () => of(scopeIn(cjs)) });
        console.log(JSON.stringify([
          esm.MeterAs !== cjs.MeterAs,
          metering.run({ tenant: 'acme' }, () => scopeIn(esm)),
          await lastValueFrom(handled),
        ]));`,
      );
      expect(JSON.parse(output)).toEqual([true, { tenant: 'acme' }, { tenant: 'acme', feature: 'chat' }]);
    });

    it('finds the default account for the guard of the other copy, even one that is loaded after the boot', async () => {
      const output = await node(
        'module',
        `
        ${IMPORTS}
        import { ModuleRef } from '@nestjs/core';
        import { OpenRouterModule } from 'nestjs-openrouter';
        import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
        const sandbox = await OpenRouterSandbox.start();
        const { managementKey, baseUrl } = sandbox;
        class AppModule {}
        const imports = [OpenRouterModule.forRoot({ managementKey, baseUrl })];
        const app = await NestFactory.createApplicationContext(
          { module: AppModule, imports }, { logger: false, abortOnError: false });
        const { CreditsGuard } = require('nestjs-openrouter');
        const context = { getHandler: () => class {}, getClass: () => class {}, getType: () => 'http' };
        console.log(await new CreditsGuard(app.get(ModuleRef)).canActivate(context));
        class Limited {}
        require('nestjs-openrouter').WithinSpendLimits()(Limited);
        const [Guard] = Reflect.getMetadata('__guards__', Limited);
        console.log(await new Guard(app.get(ModuleRef)).canActivate({ ...context, getClass: () => Limited }));
        await app.close();
        await sandbox.stop();
        `,
      );
      expect(output.split('\n')).toEqual(['true', 'true']);
    });
  });

  it.each([
    ['a client', 'const client = new OpenRouterClient(options); await client.credits.getCredits();'],
    [
      'a watched balance',
      `const { balance } = new OpenRouterClient({ ...options, balance: { watch: true } });
       balance.alerts$.subscribe();
       await balance.get();`,
    ],
    [
      'an application',
      `const app = await NestFactory.createApplicationContext(OpenRouterModule.forRoot(options), { logger: false });
       await app.get(CreditsService).getCredits();`,
    ],
  ])('lets a process exit by itself with %s that was never closed', async (_title, use) => {
    const output = await node(
      'module',
      `
      import { NestFactory } from '@nestjs/core';
      import { CreditsService, OpenRouterClient, OpenRouterModule } from 'nestjs-openrouter';
      import http from 'node:http';
      // The server must not be what ends the connection, nor what keeps the process alive.
      const server = http.createServer((_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end('{"data":{"total_credits":3,"total_usage":1}}');
      });
      server.keepAliveTimeout = 60_000;
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      server.on('connection', (socket) => socket.unref());
      const options = { apiKey: 'sk-or-v1-a-key', baseUrl: 'http://127.0.0.1:' + server.address().port };
      const startedAt = performance.now();
      ${use}
      server.unref();
      process.on('exit', () => console.log(performance.now() - startedAt < 3000 ? 'at once' : 'late'));
      `,
    );
    expect(output).toBe('at once');
  });
});

describe('the built package where no optional peer is installed', () => {
  const project = mkdtempSync(join(tmpdir(), 'nestjs-openrouter-bare-'));

  beforeAll(() => {
    const modules = join(project, 'node_modules');
    const packages = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    for (const name of packages.filter((peer) => !(peer in OPTIONAL_PEERS))) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name), 'dir');
    }
    for (const part of ['dist', 'package.json']) {
      cpSync(part, join(modules, 'nestjs-openrouter', part), { recursive: true });
    }
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it.each([
    'nestjs-openrouter',
    'nestjs-openrouter/postgres',
    'nestjs-openrouter/redis',
    'nestjs-openrouter/testing',
  ])('has %s', async (entry) => {
    const count = `Object.keys(loaded).length`;
    const commonJs = await node(
      'commonjs',
      `const loaded = require('${entry}'); console.log(${count})`,
      project,
    );
    const esm = await node(
      'module',
      `const loaded = await import('${entry}'); console.log(${count})`,
      project,
    );
    expect([Number(commonJs), Number(esm)]).toEqual(
      Array(2).fill(EXPORTS[entry as keyof typeof EXPORTS].length),
    );
  });

  it.each(Object.entries(OPTIONAL_PEERS).filter(([peer]) => peer !== 'ioredis'))(
    'names %s to whoever imports the subpath that needs it',
    async (peer, room) => {
      const entry = `nestjs-openrouter/${room}`;
      const told = '(error) => console.log(error.code, error.message.split("\\n")[0])';
      const commonJs = `try { require('${entry}') } catch (error) { (${told})(error) }`;
      expect(await node('commonjs', commonJs, project)).toBe(`MODULE_NOT_FOUND Cannot find module '${peer}'`);
      expect(await node('module', `await import('${entry}').catch(${told})`, project)).toMatch(
        new RegExp(`^ERR_MODULE_NOT_FOUND Cannot find package '${peer}' imported from .*/dist/esm/${room}/`),
      );
    },
  );
});
