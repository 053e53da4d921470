import { registerAs } from '@nestjs/config';
import type { OpenRouterFactoryOptions } from 'nestjs-openrouter';
import { readSecret, readVariable } from 'sample-shared';

/** The options of `OpenRouterModule`, from the environment. */
export const openrouterConfig = registerAs('openrouter', (): OpenRouterFactoryOptions => ({
  apiKey: readSecret('OPENROUTER_API_KEY'),
  managementKey: readSecret('OPENROUTER_MANAGEMENT_KEY'),
  baseUrl: readVariable('OPENROUTER_BASE_URL'),
}));
