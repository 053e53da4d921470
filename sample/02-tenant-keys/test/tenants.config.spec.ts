import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { tenantsConfig } from '../src/tenants/tenants.config.js';

const SECRET = randomBytes(32).toString('base64');
const environment = process.env;

beforeEach(() => {
  process.env = { TENANTS_SECRET: SECRET };
});

afterEach(() => {
  process.env = environment;
});

it('needs only a secret, and does not show it', () => {
  const options = tenantsConfig();

  expect(options).toMatchObject({
    database: 'tenants.db',
    keepRetiredMs: 86_400_000,
    lateCreationMs: 600_000,
  });
  expect(options.secret.reveal()).toBe(SECRET);
  expect(JSON.stringify(options)).not.toContain(SECRET);
});

it('reads every variable', () => {
  Object.assign(process.env, { TENANTS_DATABASE: 'other.db', TENANTS_KEEP_RETIRED_HOURS: '0' });

  expect(tenantsConfig()).toMatchObject({ database: 'other.db', keepRetiredMs: 0 });
});

it.each([
  ['TENANTS_SECRET', '', 'TENANTS_SECRET is not set'],
  ['TENANTS_SECRET', 'open sesame', 'TENANTS_SECRET is not 32 bytes in base64'],
  ['TENANTS_KEEP_RETIRED_HOURS', '-1', 'TENANTS_KEEP_RETIRED_HOURS=-1 is not a whole number'],
  ['TENANTS_KEEP_RETIRED_HOURS', '1.5', 'TENANTS_KEEP_RETIRED_HOURS=1.5 is not a whole number'],
])('refuses %s=%s', (name, value, reason) => {
  process.env[name] = value;

  expect(() => tenantsConfig()).toThrow(reason);
});
