import { Injectable } from '@nestjs/common';
import { MeteringService, type SpendScope } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import OpenAI from 'openai';
import type { Completion } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';
import type { Tenant } from '../spending/plans.js';
import { failureOf } from './completion-failure.js';
import { COMPLETION_USD, STREAM_USD } from './prices.js';

const TIMEOUT_MS = 30_000;

const MESSAGES = [{ role: 'user' as const, content: 'Hello?' }];

/**
 * Sends completions by `openai` through `metering.fetch`, which holds each under the limits of its tenant, and takes what
 * it has cost from the balance.
 */
@Injectable()
export class Completions {
  private readonly openai: OpenAI;
  private readonly nextModel = modelRotation();

  constructor(
    { baseUrl: baseURL, apiKey }: OpenRouterSandbox,
    private readonly metering: MeteringService,
  ) {
    // A retry would be another completion, which makes the figures harder to follow.
    this.openai = new OpenAI({ baseURL, apiKey, fetch: metering.fetch, maxRetries: 0, timeout: TIMEOUT_MS });
  }

  /** @throws `HttpException` that says what refused it, or why it failed. */
  async complete(tenant: Tenant): Promise<Completion> {
    const model = this.nextModel();
    try {
      const { usage } = await this.metering.run(
        scopeOf(tenant, 'answer'),
        () => this.openai.chat.completions.create({ model, messages: MESSAGES }),
        { holdUsd: COMPLETION_USD },
      );
      // OpenRouter adds the cost to what OpenAI's API states.
      return { model, cost: (usage as { cost?: number } | undefined)?.cost ?? 0 };
    } catch (error) {
      throw failureOf(error);
    }
  }

  /**
   * Reads a stream.
   *
   * @param leaveAfter - The number of chunks after which it is left, as by a browser that goes away. Default: it is read to
   * its end.
   * @throws `HttpException` that says what refused it, or why it failed.
   */
  async stream(tenant: Tenant, signal: AbortSignal, leaveAfter = Infinity): Promise<void> {
    const leaving = new AbortController();
    try {
      const stream = await this.metering.run(
        scopeOf(tenant, 'stream'),
        () =>
          this.openai.chat.completions.create(
            { model: this.nextModel(), messages: MESSAGES, stream: true },
            { signal: AbortSignal.any([signal, leaving.signal]) },
          ),
        { holdUsd: STREAM_USD },
      );
      let chunks = 0;
      for await (const { choices } of stream) {
        if (choices[0]?.delta.content) chunks += 1;
        if (chunks >= leaveAfter) leaving.abort();
      }
    } catch (error) {
      if (!signal.aborted && !leaving.signal.aborted) throw failureOf(error);
    }
  }
}

function scopeOf(tenant: Tenant, feature: string): SpendScope {
  return { tenant, feature };
}
