import { registerAs } from '@nestjs/config';
import type { SecretString } from 'nestjs-openrouter';
import { readSecret, readVariable, StartError } from 'sample-shared';
import type { StepTimes } from './key-steps.js';
import { isCipherKey } from './secret-cipher.js';

export interface TenantsOptions extends StepTimes {
  /** The SQLite file. */
  readonly database: string;
  /** 32 bytes in base64 that encrypt the secrets in it. */
  readonly secret: SecretString;
}

const MS_PER_HOUR = 3_600_000;

/** Far longer than any request takes. */
const LATE_CREATION_MS = 600_000;

export const tenantsConfig = registerAs('tenants', (): TenantsOptions => ({
  database: readVariable('TENANTS_DATABASE') ?? 'tenants.db',
  secret: readCipherKey(),
  keepRetiredMs: readHours('TENANTS_KEEP_RETIRED_HOURS', '24') * MS_PER_HOUR,
  lateCreationMs: LATE_CREATION_MS,
}));

function readCipherKey(): SecretString {
  const secret = readSecret('TENANTS_SECRET');
  if (secret === undefined || !isCipherKey(secret.reveal())) {
    const problem = secret === undefined ? 'is not set' : 'is not 32 bytes in base64';
    throw new StartError(
      `TENANTS_SECRET ${problem}. Create one with \`openssl rand -base64 32\`, and keep it: without it the stored keys are lost.`,
    );
  }
  return secret;
}

function readHours(name: string, otherwise: string): number {
  const value = readVariable(name) ?? otherwise;
  if (!/^\d{1,5}$/.test(value)) {
    throw new StartError(`${name}=${value} is not a whole number of hours: ${name}=${otherwise} npm start`);
  }
  return Number(value);
}
