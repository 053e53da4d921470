import { BadGatewayException, Injectable } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { Completion } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';

const TIMEOUT_MS = 30_000;

/**
 * Asks models, and tells the balance of refusals for want of money. What a completion costs is not told by `recordSpend`,
 * as with OpenRouter it should be: its figures are a minute late, those of the sandbox are not, and are read each second.
 */
@Injectable()
export class Completions {
  private readonly nextModel = modelRotation();

  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly balance: BalanceService,
  ) {}

  async complete(): Promise<Completion> {
    const model = this.nextModel();
    const response = await this.ask(model);
    if (!response.ok) {
      const body = await response.text();
      // If it says that credits have run out, the balance is read anew, and the guard knows.
      this.balance.reportError({ status: response.status, body });
      throw new BadGatewayException(`The model could not be asked: OpenRouter answers ${response.status}.`);
    }
    const { usage } = (await response.json()) as { readonly usage: { readonly cost: number } };
    return { model, cost: usage.cost };
  }

  private async ask(model: string): Promise<Response> {
    try {
      return await fetch(`${this.sandbox.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.sandbox.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello?' }] }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new BadGatewayException('The model could not be asked: OpenRouter cannot be reached.');
    }
  }
}
