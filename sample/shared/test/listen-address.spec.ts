import { afterEach, expect, it } from '@jest/globals';
import { readListenAddress } from '../src/index.js';

afterEach(() => {
  delete process.env['HOST'];
});

it.each([
  ['', '127.0.0.1'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['[::]', '::'],
  ['0.0.0.0', '0.0.0.0'],
  ['localhost', 'localhost'],
])('HOST=%s listens on %s', (given, host) => {
  process.env['HOST'] = given;
  expect(readListenAddress().host).toBe(host);
});
