const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // Many tests wait for sockets and timers, so a few more workers than cores keep the cores busy.
  maxWorkers: availableParallelism() + 2,
  // Slow is no failure on a busy machine. Tests that wait for something have limits of their own, which say for what.
  testTimeout: 30_000,
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/consumers/'],
  // Nest 12 is ESM only, so Jest runs ES modules (with --experimental-vm-modules).
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-openrouter$': '<rootDir>/lib/index.ts',
    '^nestjs-openrouter/(\\w+)$': '<rootDir>/lib/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    // Types are checked by `npm run typecheck`, once, instead of per file here.
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          // As `experimentalDecorators` and `emitDecoratorMetadata` of tsconfig.json.
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  clearMocks: true,
  collectCoverageFrom: ['lib/**/*.ts'],
  // V8's own counters cost three times the CPU time of the tests; Istanbul's a third, and they miss no branch.
  coverageProvider: 'babel',
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
};
