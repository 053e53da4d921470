/** @type {import('jest').Config} */
module.exports = {
  ...require('../shared/jest.base.cjs'),
  // Tests mostly wait for browsers, programs and readings.
  maxWorkers: '100%',
};
