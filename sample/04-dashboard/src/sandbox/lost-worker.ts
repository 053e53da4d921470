import { Injectable } from '@nestjs/common';
import { OpenRouterClient } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import OpenAI from 'openai';
import { STREAM_USD } from '../completions/prices.js';
import { MODELS } from '../models.js';
import { RULES, type Tenant } from '../spending/plans.js';
import { StoreSwitch } from '../spending/store-switch.js';

const TENANT: Tenant = 'acme';

/** How long a process that says nothing any more counts as alive. */
const LEASE_MS = 3_000;

/**
 * What another process leaves behind that is killed in the middle of a stream: a hold that nobody extends, and a
 * generation whose bill nobody has read. It shares the store of the spend limits with this process.
 */
@Injectable()
export class LostWorker {
  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly spendStore: StoreSwitch,
  ) {}

  async crash(): Promise<void> {
    const { baseUrl, apiKey, managementKey } = this.sandbox;
    const worker = new OpenRouterClient({
      baseUrl,
      apiKey,
      managementKey,
      spendLimits: { rules: RULES, store: this.spendStore.store },
    });
    try {
      const scope = { tenant: TENANT, feature: 'worker' };
      const reservation = await worker.spendLimits.reserve(scope, STREAM_USD, { leaseMs: LEASE_MS });
      await reservation.attach(await this.beginStream());
    } finally {
      // Leaves the hold as it is, as a killed process does.
      await worker.close();
    }
  }

  /** Begins a stream and leaves it. Returns the id of its generation. */
  private async beginStream(): Promise<string> {
    const { baseUrl: baseURL, apiKey } = this.sandbox;
    const stream = await new OpenAI({ baseURL, apiKey, maxRetries: 0 }).chat.completions.create({
      model: MODELS[0].model,
      messages: [{ role: 'user', content: 'Hello?' }],
      stream: true,
    });
    for await (const { id } of stream) {
      stream.controller.abort();
      return id;
    }
    throw new Error('The stream was empty.');
  }
}
