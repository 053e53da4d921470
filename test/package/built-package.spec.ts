import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { VERSION } from '../../lib/http/version.js';

const run = promisify(execFile);

/** Runs a script in a Node process of its own, as a user's program, and returns what it prints. */
async function node(type: 'module' | 'commonjs', script: string): Promise<string> {
  const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', script], { timeout: 20_000 });
  return stdout.trim();
}

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
    'Budget',
    'BudgetsService',
    'CoinbaseChargeResponse',
    'CoinbasePrice',
    'CoinbasePricing',
    'CreateApiKeyRequest',
    'CreateCoinbaseChargeRequest',
    'CreatedApiKey',
    'CreditsService',
    'CurrentApiKey',
    'DailyActivity',
    'FreeModelDailyRequests',
    'Generation',
    'GenerationProviderResponse',
    'GenerationsService',
    'GetCreditsResponse',
    'InjectOpenRouterClient',
    'ListApiKeysQuery',
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
    'OpenRouterTimeoutException',
    'OpenRouterTooManyRequestsException',
    'OpenRouterUnauthorizedException',
    'OpenRouterUnprocessableEntityException',
    'OpenRouterValidationException',
    'ProviderActivity',
    'SecretString',
    'SetBudgetRequest',
    'UpdateApiKeyRequest',
    'WorkspaceActivity',
    'classifyOpenRouterError',
    'formatUsd',
    'getOpenRouterClientToken',
    'isBudgetExceeded',
    'isKeyLimitReached',
    'isOpenRouterException',
    'isOutOfCredits',
    'isTransient',
    'provideOpenRouterExceptionFilter',
  ],
  'nestjs-openrouter/testing': ['OpenRouterSandbox'],
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

  it('declares types that need nothing but Node and the required peers', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      peerDependencies: Record<string, string>;
      peerDependenciesMeta?: Record<string, { optional?: boolean }>;
    };
    const required = Object.keys(manifest.peerDependencies).filter(
      (name) => manifest.peerDependenciesMeta?.[name]?.optional !== true,
    );
    const imported = new Set<string>();
    for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.d.ts')) {
        for (const [, name] of readFileSync(`dist/${file}`, 'utf8').matchAll(
          /(?:from|import\() ?["']([^."'][^"']*)["']/g,
        )) {
          imported.add(name!);
        }
      }
    }
    expect([...imported].filter((name) => !name.startsWith('node:') && !required.includes(name))).toEqual([]);
    expect(imported).toContain('@nestjs/common');
  });

  it('is as large as the README says', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      timeout: 20_000,
    });
    const [{ size }] = JSON.parse(stdout) as [{ size: number }];
    const told = Number(/a download of about (\d+) kB/.exec(readFileSync('README.md', 'utf8'))?.[1]) * 1_000;
    expect(size / told).toBeGreaterThan(0.9);
    expect(size / told).toBeLessThan(1.1);
  });

  it('tells its version as package.json has it', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
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

  it.each([
    ['a client', 'const client = new OpenRouterClient(options); await client.credits.getCredits();'],
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
