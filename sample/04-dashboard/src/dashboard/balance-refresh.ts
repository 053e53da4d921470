import { BadGatewayException, Injectable } from '@nestjs/common';
import {
  BalanceService,
  OpenRouterForbiddenException,
  OpenRouterUnauthorizedException,
} from 'nestjs-openrouter';
import { AccountFacts } from './account-facts.js';

/** Of a real account, whose figures are a minute old anyway. The sandbox may be asked as often as anybody likes. */
const PAUSE_MS = 5_000;

/** Reads the balance past the cache for whoever asks, and a real account's for all who ask within seconds at once. */
@Injectable()
export class BalanceRefresh {
  private reading: Promise<unknown> | undefined;
  private dueAt = -Infinity;

  constructor(
    private readonly balance: BalanceService,
    private readonly facts: AccountFacts,
  ) {}

  /** @throws `BadGatewayException` if OpenRouter refuses the key: a 401 or 403 would be about who is looking. */
  async refresh(): Promise<void> {
    try {
      await (this.facts.info.isSandbox ? this.balance.refresh() : this.readSeldom());
    } catch (error) {
      const isOfKey =
        error instanceof OpenRouterUnauthorizedException || error instanceof OpenRouterForbiddenException;
      throw isOfKey ? new BadGatewayException(error.message) : error;
    }
  }

  /** A failure counts as well: those who ask soon after it are told the same. */
  private readSeldom(): Promise<unknown> {
    if (this.reading !== undefined && performance.now() < this.dueAt) return this.reading;
    this.dueAt = Infinity;
    this.reading = this.balance.refresh().finally(() => (this.dueAt = performance.now() + PAUSE_MS));
    return this.reading;
  }
}
