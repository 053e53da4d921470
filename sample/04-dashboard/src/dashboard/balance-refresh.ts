import { BadGatewayException, Injectable } from '@nestjs/common';
import {
  BalanceService,
  OpenRouterForbiddenException,
  OpenRouterUnauthorizedException,
} from 'nestjs-openrouter';
import { AccountFacts } from './account-facts.js';

/** Only for a real account, whose figures are up to a minute late anyway. A sandbox can be read at any rate. */
const PAUSE_MS = 5_000;

/** Reads the balance without the cache. On a real account, requests within a few seconds share one reading. */
@Injectable()
export class BalanceRefresh {
  private reading: Promise<unknown> | undefined;
  private dueAt = -Infinity;

  constructor(
    private readonly balance: BalanceService,
    private readonly facts: AccountFacts,
  ) {}

  /** @throws `BadGatewayException` if OpenRouter refuses the key. A 401 or 403 would say that the user has no access. */
  async refresh(): Promise<void> {
    try {
      await (this.facts.info.isSandbox ? this.balance.refresh() : this.readSeldom());
    } catch (error) {
      const isOfKey =
        error instanceof OpenRouterUnauthorizedException || error instanceof OpenRouterForbiddenException;
      throw isOfKey ? new BadGatewayException(error.message) : error;
    }
  }

  /** A failed reading is shared in the same way. */
  private readSeldom(): Promise<unknown> {
    if (this.reading !== undefined && performance.now() < this.dueAt) return this.reading;
    this.dueAt = Infinity;
    this.reading = this.balance.refresh().finally(() => (this.dueAt = performance.now() + PAUSE_MS));
    return this.reading;
  }
}
