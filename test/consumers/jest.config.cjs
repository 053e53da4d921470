// The tests in this folder pack the package and install it into projects of their own, as its users do. They need
// the npm registry and minutes, so they are not part of `npm test`.
const base = require('../../jest.config.js');

module.exports = {
  ...base,
  rootDir: '../..',
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: ['<rootDir>/test/consumers/*.spec.ts'],
  testTimeout: 240_000,
  // Installations that run side by side only slow each other down.
  maxWorkers: 1,
};
