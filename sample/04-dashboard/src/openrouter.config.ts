import { registerAs } from '@nestjs/config';
import { type OpenRouterFactoryOptions, SecretString } from 'nestjs-openrouter';
import { readVariable } from './environment.js';

/** The options of `OpenRouterModule`, from the environment. */
export const openrouterConfig = registerAs('openrouter', (): OpenRouterFactoryOptions => ({
  apiKey: readSecret('OPENROUTER_API_KEY'),
  managementKey: readSecret('OPENROUTER_MANAGEMENT_KEY'),
  baseUrl: readVariable('OPENROUTER_BASE_URL'),
}));

/** Anyone may ask ConfigService for these options; a `SecretString` does not get into a log by accident. */
function readSecret(name: string): SecretString | undefined {
  const value = readVariable(name);
  return value === undefined ? undefined : new SecretString(value);
}
