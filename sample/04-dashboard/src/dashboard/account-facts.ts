import { Inject, Injectable, Optional } from '@nestjs/common';
import { OPENROUTER_OPTIONS, type ResolvedOpenRouterOptions } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { AccountInfo } from '../../shared/dashboard.js';
import { COMPLETION_USD } from '../completions/prices.js';
import { BURST_TENANT } from '../spending/plans.js';

const PURCHASE_URL = 'https://openrouter.ai/settings/credits';

/** What is known about the account before the first reading. */
@Injectable()
export class AccountFacts {
  readonly info: AccountInfo;

  constructor(
    @Inject(OPENROUTER_OPTIONS) { baseUrl, keys, balance }: ResolvedOpenRouterOptions,
    @Optional() sandbox?: OpenRouterSandbox,
  ) {
    const { low = 0, critical = 0 } = balance.thresholds;
    this.info = {
      isSandbox: sandbox !== undefined,
      host: new URL(baseUrl).host,
      hasApiKey: keys.api,
      hasManagementKey: keys.management,
      thresholds: { low, critical },
      pollIntervalMs: balance.pollIntervalMs,
      purchaseUrl: PURCHASE_URL,
      burst: sandbox === undefined ? null : { tenant: BURST_TENANT, holdUsd: COMPLETION_USD },
    };
  }
}
