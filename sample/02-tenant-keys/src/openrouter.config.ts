import { registerAs } from '@nestjs/config';
import { type OpenRouterFactoryOptions, SecretString } from 'nestjs-openrouter';
import { readVariable } from './environment.js';

/** The options of `OpenRouterModule`, from the environment. Keys are made and changed with a management key. */
export const openrouterConfig = registerAs('openrouter', (): OpenRouterFactoryOptions => {
  const managementKey = readVariable('OPENROUTER_MANAGEMENT_KEY');
  return {
    // Anyone may ask ConfigService for these options; a `SecretString` does not get into a log by accident.
    managementKey: managementKey === undefined ? undefined : new SecretString(managementKey),
    baseUrl: readVariable('OPENROUTER_BASE_URL'),
  };
});
