// Checked by the compiler, through `npm run typecheck` and the test beside this file; never run.
import { Module } from '@nestjs/common';
import { expectTypeOf } from 'expect-type';
import {
  type CoinbaseChargeResponse,
  type CreditsService,
  type GetCreditsResponse,
  isOpenRouterException,
  type OpenRouterClient,
  type OpenRouterException,
  type OpenRouterFactoryOptions,
  OpenRouterModule,
  type OpenRouterOptionsFactory,
  OpenRouterUnauthorizedException,
  type RequestOptions,
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
