import { registerAs } from '@nestjs/config';
import type { OpenRouterFactoryOptions } from 'nestjs-openrouter';
import { readSecret, readVariable } from 'sample-shared';

/** The options of `OpenRouterModule`, from the environment. Only a management key can create and change keys. */
export const openrouterConfig = registerAs('openrouter', (): OpenRouterFactoryOptions => ({
  managementKey: readSecret('OPENROUTER_MANAGEMENT_KEY'),
  baseUrl: readVariable('OPENROUTER_BASE_URL'),
}));
