// Checked by the compiler, through `npm run typecheck` and the test beside this file; never run.
import { Module } from '@nestjs/common';
import { expectTypeOf } from 'expect-type';
import {
  type ActivityItem,
  type ActivityQuery,
  type ActivityService,
  type ActivitySummary,
  type ApiKey,
  type ApiKeysService,
  type Budget,
  type BudgetsService,
  type CoinbaseChargeResponse,
  type CreatedApiKey,
  type CreditsService,
  type CurrentApiKey,
  type Generation,
  type GenerationOptions,
  type GenerationsService,
  type GetCreditsResponse,
  isOpenRouterException,
  type ListApiKeysQuery,
  type OpenRouterClient,
  type OpenRouterException,
  type OpenRouterFactoryOptions,
  OpenRouterModule,
  type OpenRouterOptionsFactory,
  OpenRouterUnauthorizedException,
  type RequestOptions,
  type SecretString,
} from 'nestjs-openrouter';

// @ts-expect-error -- one of useFactory, useClass and useExisting is needed
OpenRouterModule.forRootAsync({});
// @ts-expect-error -- isGlobal in a factory's result has no effect
OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey: 'k', isGlobal: true }) });
// @ts-expect-error -- name in a factory's result has no effect
OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey: 'k', name: 'eu' }) });
// @ts-expect-error -- the same from an async factory
OpenRouterModule.forRootAsync({ useFactory: async () => Promise.resolve({ apiKey: 'k', isGlobal: true }) });
// @ts-expect-error -- two ways at once
OpenRouterModule.forRootAsync({ useFactory: () => ({ apiKey: 'k' }), useClass: class {} });
// @ts-expect-error -- a class that makes no options
OpenRouterModule.forRootAsync({ useClass: class Other {} });
// @ts-expect-error -- an unknown option
OpenRouterModule.forRoot({ apiKey: 'k', timeout: 5 });
// @ts-expect-error -- a key is a text
OpenRouterModule.forRoot(5);

class Factory implements OpenRouterOptionsFactory {
  createOpenRouterOptions(): OpenRouterFactoryOptions {
    return { apiKey: 'k' };
  }
}

@Module({
  imports: [
    OpenRouterModule.forRoot('k'),
    OpenRouterModule.forRoot({ apiKey: process.env['KEY'], name: 'a', isGlobal: true, retry: false }),
    OpenRouterModule.forRootAsync({ useClass: Factory, name: 'b', isGlobal: true, extraProviders: [] }),
    OpenRouterModule.forRootAsync({ useExisting: Factory, name: 'c', imports: [] }),
    OpenRouterModule.forRootAsync({ inject: ['KEY'], useFactory: (apiKey: string) => ({ apiKey }) }),
    OpenRouterModule.forRootAsync({ useFactory: async () => Promise.resolve({ managementKey: () => 'k' }) }),
  ],
})
export class Accepted {}

expectTypeOf<CreditsService['getCredits']>().toEqualTypeOf<
  (options?: RequestOptions) => Promise<GetCreditsResponse>
>();
expectTypeOf<GetCreditsResponse>().toHaveProperty('currency').toEqualTypeOf<'USD'>();
expectTypeOf<CoinbaseChargeResponse>().toHaveProperty('createdAt').toEqualTypeOf<Date | undefined>();
expectTypeOf<OpenRouterClient['credits']>().toEqualTypeOf<CreditsService>();
expectTypeOf<OpenRouterClient['activity']>().toEqualTypeOf<ActivityService>();
expectTypeOf<OpenRouterClient['generations']>().toEqualTypeOf<GenerationsService>();
expectTypeOf<OpenRouterClient['budgets']>().toEqualTypeOf<BudgetsService>();
expectTypeOf<ActivityService['list']>().toEqualTypeOf<
  (query?: ActivityQuery, options?: RequestOptions) => Promise<ActivityItem[]>
>();
expectTypeOf<ActivitySummary>().toHaveProperty('byDay').items.toHaveProperty('usage').toEqualTypeOf<number>();
expectTypeOf<GenerationOptions>().toExtend<RequestOptions>();
expectTypeOf<GenerationsService['get']>().toEqualTypeOf<
  (id: string, options?: GenerationOptions) => Promise<Generation>
>();
expectTypeOf<BudgetsService['delete']>().returns.toEqualTypeOf<Promise<void>>();
expectTypeOf<'monthly'>().toExtend<NonNullable<Budget['interval']>>();

expectTypeOf<OpenRouterClient['apiKeys']>().toEqualTypeOf<ApiKeysService>();
expectTypeOf<ApiKeysService['list']>().toEqualTypeOf<
  (query?: ListApiKeysQuery, options?: RequestOptions) => Promise<ApiKey[]>
>();
expectTypeOf<ReturnType<ApiKeysService['iterate']>>().toExtend<AsyncIterableIterator<ApiKey>>();
expectTypeOf<CreatedApiKey>().toEqualTypeOf<{ apiKey: ApiKey; secret: SecretString }>();
expectTypeOf<ApiKey['limit']>().toEqualTypeOf<number | null>();
expectTypeOf<CurrentApiKey>().not.toHaveProperty('hash');

export async function keys(apiKeys: ApiKeysService, hash: string): Promise<void> {
  await apiKeys.create({ name: 'x', limit: null, limitReset: 'daily', expiresAt: new Date() });
  await apiKeys.update(hash, { limit: null, name: undefined });
  // @ts-expect-error -- a name is needed
  await apiKeys.create({ limit: 5 });
  // @ts-expect-error -- the API cannot change it
  await apiKeys.update(hash, { expiresAt: new Date() });
  // @ts-expect-error -- an unknown interval
  await apiKeys.update(hash, { limitReset: 'yearly' });
  await apiKeys.delete(hash);
}

// `instanceof` narrows, and leaves the other branch what it was.
export function narrowing(error: unknown, known: OpenRouterException): void {
  if (error instanceof OpenRouterUnauthorizedException) {
    expectTypeOf(error.status).toEqualTypeOf<number>();
  } else {
    expectTypeOf(error).toEqualTypeOf<unknown>();
  }
  if (!(known instanceof OpenRouterUnauthorizedException)) {
    expectTypeOf(known).toEqualTypeOf<OpenRouterException>();
  }
  if (isOpenRouterException(error)) {
    expectTypeOf(error.code).toEqualTypeOf<string>();
  }
}
