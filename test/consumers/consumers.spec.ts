import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { VERSION } from '../../lib/http/version.js';
import {
  createProject,
  packPackage,
  removePackage,
  type Run,
  type ScratchProject,
} from './support/scratch-project.js';
import {
  blockOf,
  BOOT_QUICK_START,
  FILTER_OVER_HTTP,
  installed,
  MIXED_FORMATS,
  OBSERVED_APP,
  userTest,
} from './support/sources.js';

/** What `nest new` installs, without what it has for style. What the README installs on top of it is all else. */
const BASE = {
  'reflect-metadata': '^0.2',
  rxjs: '^7',
  typescript: '~6.0',
  '@types/node': '^20',
  jest: '^30',
  'ts-jest': '^29',
  '@types/jest': '^30',
};
const NEST_12 = {
  ...BASE,
  ...installed('README.md', 'NestJS 12'),
  '@nestjs/common': '^12',
  '@nestjs/core': '^12',
  '@nestjs/platform-express': '^12',
  '@nestjs/testing': '^12',
};
const NEST_11 = {
  ...BASE,
  ...installed('README.md', 'NestJS 11'),
  '@nestjs/common': '^11',
  '@nestjs/core': '^11',
  '@nestjs/platform-express': '^11',
  '@nestjs/testing': '^11',
};

/** The packages that only the entries beside the root need. */
const OPTIONAL = { 'prom-client': '^15', '@opentelemetry/api': '^1.9' };
const OPTIONAL_12 = { ...OPTIONAL, '@nestjs/terminus': '^12' };
const OPTIONAL_11 = { ...OPTIONAL, '@nestjs/terminus': '^11' };

/** What npm downloads, as the README tells it. */
const TARBALL_BYTES = 805_000;

/** Fakes what makes a balance old, in each runner's way. */
const JEST_CLOCK = {
  fake: `jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })`,
  runner: 'jest',
};
const VITEST_CLOCK = { fake: `vi.useFakeTimers({ toFake: ['Date', 'performance'] })`, runner: 'vi' };

const TSC = 'node_modules/typescript/bin/tsc';
const JEST = 'node_modules/jest/bin/jest.js';

const COMPILER = {
  target: 'ES2022',
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  esModuleInterop: true,
  rootDir: 'src',
  outDir: 'dist',
};

function tsconfig(options: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ compilerOptions: { ...COMPILER, ...options }, include: ['src'] });
}

const SOURCES = {
  'src/quick-start.ts': blockOf('README.md', "OpenRouterModule.forRoot('sk-or-v1-...')"),
  'src/boot.ts': BOOT_QUICK_START,
  'src/filter.ts': FILTER_OVER_HTTP,
};

function expectSuccess({ output, code }: Run): string {
  expect(`${output}\ncode ${String(code)}`).toMatch(/\ncode 0$/);
  return output;
}

/** Compiles with every library checked, both with and without exact optional properties, side by side. */
async function compilesStrictly(
  project: ScratchProject,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const runs = [true, false].map(async (exactOptionalPropertyTypes) => {
    const name = `tsconfig.strict-${exactOptionalPropertyTypes}.json`;
    const config = tsconfig({ ...options, exactOptionalPropertyTypes, skipLibCheck: false, noEmit: true });
    await project.write({ [name]: config });
    return project.run('node', TSC, '-p', name);
  });
  for (const run of await Promise.all(runs)) expectSuccess(run);
}

/** Runs the compiled programs; the same for every kind of project. */
function runsPrograms(project: () => ScratchProject): void {
  it("boots the README's quick start as it stands", async () => {
    expect(expectSuccess(await project().run('node', 'dist/boot.js')).trim()).toBe('CreditsService');
  });

  it('serves a class-made account, a named one and the filter over HTTP', async () => {
    const [credits, weak] = expectSuccess(await project().run('node', 'dist/filter.js'))
      .trim()
      .split('\n');
    expect(credits).toBe('200 {"totalCredits":100.5,"totalUsage":25.75,"balance":74.75,"currency":"USD"}');
    expect(weak).toMatch(/^403 .*"message":"Only management keys can perform this operation\. /);
  });
}

/** Runs the program that uses every entry, where the packages that they need are installed. */
function runsObservedApp(project: () => ScratchProject): void {
  it('serves the guard, health and metrics of an account over HTTP', async () => {
    const [answers, health, metrics] = expectSuccess(await project().run('node', 'dist/observed.js'))
      .trim()
      .split('\n');
    expect(answers).toMatch(
      /^402 \{"statusCode":402,"message":"Not enough OpenRouter credits\.",.*"required":5\}$/,
    );
    expect(health).toMatch(/^503 .*"openrouter":\{.*"spendable":4.*"status":"down"\}/);
    expect(metrics).toBe(
      '200 openrouter_spendable_usd{account="default"} 4 ' +
        'openrouter_spendable_limited_by{account="default",limit="balance"} 1',
    );
  });
}

/** An application in ES modules with a library in CommonJS, which has a copy of the package of its own. */
function sharesAccounts(project: () => ScratchProject): void {
  it('gives a CommonJS library the services of an ES module application', async () => {
    await project().write({
      ...MIXED_FORMATS,
      'mixed/tsconfig.json': JSON.stringify({
        compilerOptions: { ...COMPILER, module: 'nodenext', rootDir: '.', outDir: '../dist/mixed' },
      }),
    });
    expectSuccess(await project().run('node', TSC, '-p', 'mixed'));
    expect(expectSuccess(await project().run('node', 'dist/mixed/main.mjs')).trim()).toBe('true true true');
  });
}

function runsCommand(project: () => ScratchProject): void {
  it('has the command, by the name of the package', async () => {
    const { output, code } = await project().run('npx', 'nestjs-openrouter', '--version');
    expect({ output: output.trim(), code }).toEqual({ output: VERSION, code: 0 });
    const refused = await project().run('npx', 'nestjs-openrouter', 'sandbox', '--port', '70000');
    expect(refused).toEqual({
      output: expect.stringContaining('--port must be a whole number from 0 to 65535'),
      code: 2,
    });
  });
}

/** Where those packages are not installed: everything else works, and each entry names the one that it needs. */
function namesMissingPackages(project: () => ScratchProject): void {
  it.each([
    ['health', '@nestjs/terminus'],
    ['metrics', 'prom-client'],
    ['otel', '@opentelemetry/api'],
  ])('names what nestjs-openrouter/%s needs: %s', async (entry, name) => {
    await project().write({
      'bare.mjs': `await import('nestjs-openrouter/${entry}');`,
      'bare.cjs': `require('nestjs-openrouter/${entry}');`,
    });
    for (const program of ['bare.mjs', 'bare.cjs']) {
      const { output, code } = await project().run('node', program);
      expect(code).not.toBe(0);
      expect(output).toMatch(new RegExp(`Cannot find (package|module) '${name}'`));
    }
  });
}

afterAll(removePackage);

describe('the tarball', () => {
  it('holds the built package, its guides, and nothing else', async () => {
    const files = execFileSync('tar', ['-tzf', await packPackage()], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const strays = files.filter(
      (file) =>
        !/^package\/(dist\/(cjs|esm)\/.*\.(js|d\.ts)|dist\/esm\/package\.json|package\.json|docs\/[\w-]+\.(md|json|yaml)|docs\/images\/dashboard-light\.png|bench\/results\.md|README\.md|CHANGELOG\.md|LICENSE)$/.test(
          file,
        ),
    );
    expect(strays).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['package/dist/cjs/index.js', 'package/dist/esm/testing/index.d.ts']),
    );
  });

  it('has the size that it is known to have, within a tenth', async () => {
    const { size } = statSync(await packPackage());
    expect(size).toBeGreaterThan(TARBALL_BYTES * 0.9);
    expect(size).toBeLessThan(TARBALL_BYTES * 1.1);
  });
});

describe('a project on NestJS 12, as ES modules', () => {
  let project: ScratchProject & { installation: Run };

  beforeAll(async () => {
    project = await createProject({ type: 'module' }, { ...NEST_12, vitest: '^4' });
    expectSuccess(project.installation);
    await project.write({
      ...SOURCES,
      'src/sandbox.ts': blockOf('docs/testing.md', 'console.log(sandbox.requests.length)'),
      'tsconfig.json': tsconfig({ module: 'nodenext' }),
    });
    expectSuccess(await project.run('node', TSC));
  });
  afterAll(() => project.remove());

  runsPrograms(() => project);
  runsCommand(() => project);
  namesMissingPackages(() => project);
  sharesAccounts(() => project);

  it("runs the guide's program on the sandbox as it stands", async () => {
    const output = expectSuccess(await project.run('node', 'dist/sandbox.js'));
    expect(output).toContain('OpenRouterConnectionException');
    expect(output).toMatch(/^9$/m);
  });

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])(
    'compiles with module %s, every library checked, exact optional properties or not',
    async (_title, options) => {
      await compilesStrictly(project, options);
    },
  );

  it('tests with Jest as ES modules', async () => {
    await project.write({
      'jest/credits.spec.ts': userTest(
        "import { describe, expect, it, jest } from '@jest/globals';",
        JEST_CLOCK,
      ),
      'jest/jest.config.js': `export default {
        extensionsToTreatAsEsm: ['.ts'],
        transform: { '^.+\\\\.ts$': ['ts-jest', { useESM: true, tsconfig: ${tsconfig({ module: 'esnext', moduleResolution: 'bundler', isolatedModules: true, rootDir: '.' })}.compilerOptions }] },
      };`,
    });
    const jest = ['--experimental-vm-modules', JEST, '-c', 'jest/jest.config.js'];
    expect(expectSuccess(await project.run('node', ...jest))).toContain('2 passed, 2 total');
  });

  it('tests with Vitest', async () => {
    await project.write({
      'vitest/credits.spec.ts': userTest("import { describe, expect, it, vi } from 'vitest';", VITEST_CLOCK),
    });
    expect(
      expectSuccess(await project.run('node', 'node_modules/vitest/vitest.mjs', 'run', 'vitest')),
    ).toMatch(/2 passed/);
  });
});

describe('a project on NestJS 12, as CommonJS', () => {
  let project: ScratchProject & { installation: Run };

  beforeAll(async () => {
    project = await createProject({ type: 'commonjs' }, { ...NEST_12, ...OPTIONAL_12 });
    expectSuccess(project.installation);
    await project.write({
      ...SOURCES,
      'src/observed.ts': OBSERVED_APP,
      'tsconfig.json': tsconfig({ module: 'nodenext' }),
    });
    expectSuccess(await project.run('node', TSC));
  });
  afterAll(() => project.remove());

  runsPrograms(() => project);
  runsObservedApp(() => project);
});

describe('a project on NestJS 11, as CommonJS', () => {
  let project: ScratchProject & { installation: Run };

  beforeAll(async () => {
    project = await createProject({ type: 'commonjs' }, { ...NEST_11, ...OPTIONAL_11 });
    expectSuccess(project.installation);
    await project.write({
      ...SOURCES,
      'src/observed.ts': OBSERVED_APP,
      'tsconfig.json': tsconfig({ module: 'nodenext' }),
    });
    expectSuccess(await project.run('node', TSC));
  });
  afterAll(() => project.remove());

  runsPrograms(() => project);
  runsCommand(() => project);
  runsObservedApp(() => project);
  sharesAccounts(() => project);

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['commonjs', { module: 'commonjs', moduleResolution: 'bundler' }],
    [
      'commonjs, resolved as Node 10 did',
      { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
    ],
  ])(
    'compiles with module %s, every library checked, exact optional properties or not',
    async (_title, options) => {
      await compilesStrictly(project, options);
    },
  );

  it('tests with Jest as CommonJS', async () => {
    await project.write({
      'jest/credits.spec.ts': userTest('', JEST_CLOCK),
      'jest/jest.config.js': `module.exports = { transform: { '^.+\\\\.ts$': ['ts-jest', { diagnostics: false, tsconfig: ${tsconfig({ module: 'commonjs', moduleResolution: 'bundler', rootDir: '.' })}.compilerOptions }] } };`,
    });
    const run = await project.run('node', JEST, '-c', 'jest/jest.config.js');
    expect(expectSuccess(run)).toContain('2 passed, 2 total');
  });
});

describe('an installation that insists on engines', () => {
  it('passes on Node 20.19', async () => {
    const host = await createProject({}, { node: '20.19.0' });
    expectSuccess(host.installation);
    const npm = execFileSync('sh', ['-c', 'realpath "$(command -v npm)"'], { encoding: 'utf8' }).trim();
    const node = `${host.folder}/node_modules/node/bin/node`;
    const { jest: _jest, 'ts-jest': _tsJest, '@types/jest': _types, ...runtime } = NEST_11;
    const project = await createProject({}, runtime, [node, npm, '--engine-strict']);
    expectSuccess(project.installation);
    await project.write({
      'version.cjs': "console.log(process.version, Object.keys(require('nestjs-openrouter')).length > 0)",
    });
    expect(expectSuccess(await project.run(node, 'version.cjs')).trim()).toBe('v20.19.0 true');
    await host.remove();
    await project.remove();
  });
});
