/** @type {import('jest').Config} */
module.exports = {
  ...require('../shared/jest.base.cjs'),
  // Tests mostly wait for browsers, programs and readings.
  maxWorkers: '100%',
  // A program with its database, a browser and a page take their time on a busy machine.
  testTimeout: 60_000,
  globalSetup: '<rootDir>/test/support/create-database.mjs',
};
