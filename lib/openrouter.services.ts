import { ActivityService } from './activity/activity.service.js';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { BudgetsService } from './budgets/budgets.service.js';
import { CreditsService } from './credits/credits.service.js';
import { GenerationsService } from './generations/generations.service.js';
import type { HttpPipeline } from './http/http-pipeline.js';

/** The services of an account by their names in `OpenRouterClient`; each is made of the account's pipeline alone. */
export const SERVICES = {
  credits: CreditsService,
  apiKeys: ApiKeysService,
  activity: ActivityService,
  generations: GenerationsService,
  budgets: BudgetsService,
} as const;

type Services = typeof SERVICES;

/** An account's services, made. */
export type OpenRouterServices = { readonly [Name in keyof Services]: InstanceType<Services[Name]> };

/** Makes something for each service, by the services' names. */
export function eachService<T>(make: (name: keyof Services) => T): Record<keyof Services, T> {
  const names = Object.keys(SERVICES) as (keyof Services)[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<keyof Services, T>;
}

/** Makes every service of an account. */
export function openServices(pipeline: HttpPipeline): OpenRouterServices {
  return eachService((name) => new SERVICES[name](pipeline)) as unknown as OpenRouterServices;
}
