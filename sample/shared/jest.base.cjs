/**
 * The Jest settings of every sample: TypeScript, run as ES modules.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // Starting a program takes seconds on a busy machine.
  testTimeout: 20_000,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^sample-shared$': require.resolve('./src/index.ts'),
    '^sample-shared/database$': require.resolve('./src/database/index.ts'),
    // Imports name the compiled `.js` files; the tests run on the `.ts` files.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // `npm run typecheck` and the editor check types.
  transform: require('../../jest.config.js').transform,
};
