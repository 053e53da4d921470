import { ActivityService } from './activity/activity.service.js';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { BudgetsService } from './budgets/budgets.service.js';
import { CreditsService } from './credits/credits.service.js';
import { GenerationsService } from './generations/generations.service.js';
import type { HttpPipeline } from './http/http-pipeline.js';

/** An account's services by their names in `OpenRouterClient`. Each needs only the account's pipeline. */
export interface OpenRouterServices {
  readonly credits: CreditsService;
  readonly apiKeys: ApiKeysService;
  readonly activity: ActivityService;
  readonly generations: GenerationsService;
  readonly budgets: BudgetsService;
}

type ServiceClasses = {
  readonly [Name in keyof OpenRouterServices]: new (pipeline: HttpPipeline) => OpenRouterServices[Name];
};

/** The classes of the services, which are the injection tokens of the default account. */
export const SERVICES = {
  credits: CreditsService,
  apiKeys: ApiKeysService,
  activity: ActivityService,
  generations: GenerationsService,
  budgets: BudgetsService,
} as const satisfies ServiceClasses;

/** The names of the services. */
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly (keyof OpenRouterServices)[];

/** Makes every service of an account. */
export function openServices(pipeline: HttpPipeline): OpenRouterServices {
  return {
    credits: new CreditsService(pipeline),
    apiKeys: new ApiKeysService(pipeline),
    activity: new ActivityService(pipeline),
    generations: new GenerationsService(pipeline),
    budgets: new BudgetsService(pipeline),
  };
}
