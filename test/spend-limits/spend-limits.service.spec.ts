import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import {
  getOpenRouterClientToken,
  OpenRouterClient,
  OpenRouterConfigException,
  OpenRouterModule,
  SpendLimitsService,
} from '../../lib/index.js';
import { NOON_ZONE } from './support/noon-zone.js';

const ACME = { tenant: 'acme' };
const spendLimits = { rules: [{ by: 'tenant', usd: 5, period: 'day' as const, timeZone: NOON_ZONE }] };

describe('SpendLimitsService in a Nest application', () => {
  it('is that of the default account, and each named account has its own', async () => {
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ apiKey: 'sk-or-v1-one', spendLimits }),
        OpenRouterModule.forRoot({ name: 'eu', apiKey: 'sk-or-v1-two', spendLimits }),
      ],
    }).compile();
    const service = module.get(SpendLimitsService);
    const eu = module.get<OpenRouterClient>(getOpenRouterClientToken('eu')).spendLimits;
    expect(module.get(OpenRouterClient).spendLimits).toBe(service);
    expect(eu).not.toBe(service);
    await service.adjust(ACME, 2, 'a');
    expect(await service.usage(ACME)).toMatchObject([{ spentUsd: 2 }]);
    expect(await eu.usage(ACME)).toMatchObject([{ spentUsd: 0 }]);
    let isComplete = false;
    service.alerts$.subscribe({ complete: () => (isComplete = true) });
    await module.close();
    expect(isComplete).toBe(true);
  });

  it('is made by the module alone', async () => {
    const made = Test.createTestingModule({ providers: [SpendLimitsService] }).compile();
    await expect(made).rejects.toBeInstanceOf(Error);
    expect(() => new SpendLimitsService(undefined, undefined as never)).toThrow(OpenRouterConfigException);
  });
});
