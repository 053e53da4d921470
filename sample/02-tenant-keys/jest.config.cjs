/** @type {import('jest').Config} */
module.exports = {
  ...require('../shared/jest.base.cjs'),
  // A test kills and restarts the program several times, which takes a while on a busy machine.
  testTimeout: 90_000,
};
