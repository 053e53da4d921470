import { registerAs } from '@nestjs/config';
import { SecretString } from 'nestjs-openrouter';
import { readVariable, StartError } from 'sample-shared';
import type { StepTimes } from './key-steps.js';
import { isCipherKey } from './secret-cipher.js';

export interface TenantsOptions extends StepTimes {
  /** The SQLite file. */
  readonly database: string;
  /** 32 bytes in base64 that encrypt the secrets in it. */
  readonly secret: SecretString;
}

const MS_PER_HOUR = 3_600_000;

/** Far longer than any request is on its way. */
const LATE_CREATION_MS = 600_000;

export const tenantsConfig = registerAs('tenants', (): TenantsOptions => ({
  database: readVariable('TENANTS_DATABASE') ?? 'tenants.db',
  secret: readSecret(),
  keepRetiredMs: readHours('TENANTS_KEEP_RETIRED_HOURS', '24') * MS_PER_HOUR,
  lateCreationMs: LATE_CREATION_MS,
}));

function readSecret(): SecretString {
  const value = readVariable('TENANTS_SECRET');
  if (value === undefined || !isCipherKey(value)) {
    const wrong = value === undefined ? 'is not set' : 'is not 32 bytes in base64';
    throw new StartError(
      `TENANTS_SECRET ${wrong}. Make one, and keep it: without it the stored keys are lost: openssl rand -base64 32`,
    );
  }
  return new SecretString(value);
}

function readHours(name: string, otherwise: string): number {
  const value = readVariable(name) ?? otherwise;
  if (!/^\d{1,5}$/.test(value)) {
    throw new StartError(`${name}=${value} is no whole number of hours: ${name}=${otherwise} npm start`);
  }
  return Number(value);
}
