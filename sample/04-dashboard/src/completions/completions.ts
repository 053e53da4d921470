import { BadGatewayException, Injectable } from '@nestjs/common';
import { MeteringService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { Completion } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';

const TIMEOUT_MS = 30_000;

/**
 * Sends completions through `metering.fetch`, which takes their costs from the balance, and reports to it when the credits
 * are used up.
 */
@Injectable()
export class Completions {
  private readonly nextModel = modelRotation();

  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly metering: MeteringService,
  ) {}

  async complete(): Promise<Completion> {
    const model = this.nextModel();
    const response = await this.ask(model);
    if (!response.ok) {
      // Read, because the meter sees what passes: an error that says that the credits are used up is in the body.
      await response.text();
      throw new BadGatewayException(`The completion failed: OpenRouter answered ${response.status}.`);
    }
    const { usage } = (await response.json()) as { readonly usage: { readonly cost: number } };
    return { model, cost: usage.cost };
  }

  private async ask(model: string): Promise<Response> {
    try {
      return await this.metering.fetch(`${this.sandbox.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.sandbox.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello?' }] }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new BadGatewayException('The completion failed: OpenRouter cannot be reached.');
    }
  }
}
