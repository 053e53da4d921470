const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // Most tests wait for sockets and timers, so that two cores serve three workers.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
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
    '^.+\\.ts$': [
      'ts-jest',
      {
        useESM: true,
        // Types are checked by `npm run typecheck`, once, instead of per file here.
        diagnostics: false,
        tsconfig: {
          ...require('./tsconfig.json').compilerOptions,
          module: 'esnext',
          moduleResolution: 'bundler',
        },
      },
    ],
  },
  clearMocks: true,
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageProvider: 'v8',
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
};
