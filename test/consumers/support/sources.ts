import { readFileSync } from 'node:fs';

/** A TypeScript block of a document, found by a line that it holds. */
export function blockOf(document: string, mark: string): string {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    (match) => match[1]!,
  );
  const block = blocks.find((code) => code.includes(mark));
  if (block === undefined) {
    throw new Error(`${document} has no TypeScript block with ${mark}.`);
  }
  return block;
}

/** What the install block below a line of a document puts into a project, besides this package. */
export function installed(document: string, below: string): Record<string, string> {
  const command = new RegExp(`${below}:\\n\\n\`\`\`sh\\nnpm install (.+)\\n`).exec(
    readFileSync(document, 'utf8'),
  )?.[1];
  if (command === undefined) {
    throw new Error(`${document} has no block that installs below ${below}.`);
  }
  const packages = command.split(' ').filter((name) => name !== 'nestjs-openrouter');
  return Object.fromEntries(
    packages.map((name) => {
      const [, alone, version] = /^(@?[^@]+)(?:@(.+))?$/.exec(name)!;
      return [alone!, version ?? 'latest'];
    }),
  );
}

/** Boots the README's quick start as it stands, and shows what its controller was given. */
export const BOOT_QUICK_START = `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CreditsService } from 'nestjs-openrouter';
import { AppModule } from './quick-start.js';

void (async () => {
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.init();
  console.log(app.get(CreditsService, { strict: false }).constructor.name);
  await app.close();
})();
`;

/** useClass, a named account, and the filter over HTTP. */
export const FILTER_OVER_HTTP = `
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CreditsService,
  InjectOpenRouterClient,
  OpenRouterClient,
  type OpenRouterFactoryOptions,
  OpenRouterModule,
  type OpenRouterOptionsFactory,
  provideOpenRouterExceptionFilter,
} from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';

async function main(): Promise<void> {
  const sandbox = await OpenRouterSandbox.start();

  class Options implements OpenRouterOptionsFactory {
    createOpenRouterOptions(): OpenRouterFactoryOptions {
      return { managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl };
    }
  }

  @Controller()
  class AppController {
    constructor(
      private readonly credits: CreditsService,
      @InjectOpenRouterClient('weak') private readonly weak: OpenRouterClient,
    ) {}

    @Get('credits')
    getCredits() {
      return this.credits.getCredits();
    }

    @Get('weak')
    getWeak() {
      return this.weak.credits.getCredits();
    }
  }

  @Module({
    imports: [
      OpenRouterModule.forRootAsync({ useClass: Options }),
      OpenRouterModule.forRoot({ name: 'weak', apiKey: sandbox.apiKey, baseUrl: sandbox.baseUrl }),
    ],
    controllers: [AppController],
    providers: [provideOpenRouterExceptionFilter()],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  for (const path of ['credits', 'weak']) {
    const response = await fetch(\`\${url}/\${path}\`);
    console.log(response.status, await response.text());
  }
  await app.close();
  await sandbox.stop();
}

void main();
`;

/** The guard, and what is imported from the entries that need a package of their own. */
export const OBSERVED_APP = `
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { trace } from '@opentelemetry/api';
import { OpenRouterModule, RequireCredits } from 'nestjs-openrouter';
import { OpenRouterHealthIndicator, OpenRouterHealthModule } from 'nestjs-openrouter/health';
import { OpenRouterMetrics } from 'nestjs-openrouter/metrics';
import { OpenRouterTracing } from 'nestjs-openrouter/otel';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { register } from 'prom-client';

@Controller()
class AppController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly openRouter: OpenRouterHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.openRouter.isHealthy('openrouter', { minimumSpendable: 5 })]);
  }

  @Get('metrics')
  metrics() {
    return register.metrics();
  }

  @RequireCredits(5)
  @Get('answers')
  answer() {
    return trace.getActiveSpan() === undefined ? 'answered' : 'answered in a span';
  }
}

async function main(): Promise<void> {
  const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 6 } });

  @Module({
    imports: [
      TerminusModule,
      OpenRouterModule.forRoot({
        managementKey: sandbox.managementKey,
        baseUrl: sandbox.baseUrl,
        instrumentation: [new OpenRouterMetrics({ registry: register }), new OpenRouterTracing()],
      }),
      OpenRouterHealthModule.forRoot(),
    ],
    controllers: [AppController],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  for (const path of ['answers', 'health', 'metrics']) {
    const response = await fetch(\`\${url}/\${path}\`);
    const lines = (await response.text()).split('\\n').filter((line) => /^openrouter_spend|^{/.test(line));
    console.log(response.status, ...lines);
  }
  await app.close();
  await sandbox.stop();
}

void main();
`;

/** What a user's own test looks like; without decorators of its own, which not every runner compiles. */
export function userTest(imports: string, { fake, runner }: { fake: string; runner: string }): string {
  return `
${imports}
import { Test } from '@nestjs/testing';
import { BalanceService, CreditsService, OpenRouterForbiddenException, OpenRouterModule } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';

const open = async () => {
  const sandbox = await OpenRouterSandbox.start();
  const { managementKey, baseUrl } = sandbox;
  const imports = [OpenRouterModule.forRoot({ managementKey, baseUrl })];
  return { sandbox, app: await Test.createTestingModule({ imports }).compile() };
};

describe('credits', () => {
  it('are read from the sandbox', async () => {
    const { sandbox, app } = await open();
    const credits = app.get(CreditsService);
    expect((await credits.getCredits()).balance).toBe(74.75);
    await expect(credits.getCredits({ apiKey: sandbox.apiKey })).rejects.toThrow(OpenRouterForbiddenException);
    await app.close();
    await sandbox.stop();
  });

  it('grow old on a clock that is faked as the guide says, and the sandbox ends with its block', async () => {
    let address = '';
    {
      const { sandbox: started, app } = await open();
      await using sandbox = started;
      address = sandbox.baseUrl;
      ${fake};
      try {
        const balance = app.get(BalanceService);
        await balance.get();
        const before = sandbox.requests.length;
        ${runner}.advanceTimersByTime(86_400_000);
        await balance.get();
        expect(sandbox.requests.length).toBe(2 * before);
      } finally {
        ${runner}.useRealTimers();
      }
      await app.close();
    }
    await expect(fetch(address)).rejects.toThrow();
  });
});
`;
}

/** A library in CommonJS, and an application in ES modules that uses it: each has a copy of the package. */
export const MIXED_FORMATS = {
  'mixed/library.cts': `
import { Injectable, Module } from '@nestjs/common';
import { BalanceService, CreditsService, OpenRouterClient } from 'nestjs-openrouter';

@Injectable()
export class Billing {
  constructor(
    readonly credits: CreditsService,
    readonly balance: BalanceService,
    readonly client: OpenRouterClient,
  ) {}
}

@Module({ providers: [Billing], exports: [Billing] })
export class BillingModule {}
`,
  'mixed/main.mts': `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BalanceService, CreditsService, OpenRouterClient, OpenRouterModule } from 'nestjs-openrouter';
import { Billing, BillingModule } from './library.cjs';

@Module({ imports: [OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-a-key', isGlobal: true }), BillingModule] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
const { credits, balance, client } = app.get(Billing, { strict: false });
console.log(
  credits === app.get(CreditsService, { strict: false }),
  balance === app.get(BalanceService, { strict: false }),
  client === app.get(OpenRouterClient, { strict: false }),
);
await app.close();
`,
};
