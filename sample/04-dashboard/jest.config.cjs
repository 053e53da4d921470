/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  // They wait for browsers, programs and readings.
  maxWorkers: '100%',
  testMatch: ['**/*.spec.ts'],
  // Every program that is started takes its time on a busy machine.
  testTimeout: 20_000,
  extensionsToTreatAsEsm: ['.ts'],
  // TypeScript's imports name the `.js` files of the build; the tests run on the `.ts` files.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      {
        useESM: true,
        // `npm run build` and the editor check types.
        diagnostics: false,
        tsconfig: {
          ...require('./tsconfig.json').compilerOptions,
          module: 'esnext',
          moduleResolution: 'bundler',
        },
      },
    ],
  },
};
