import { BadGatewayException, Injectable } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { Completion } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';

const TIMEOUT_MS = 30_000;

/**
 * Sends completions, and reports refusals for lack of credits to the balance. Does not call `recordSpend`, because the
 * sandbox is read every second and its figures are never late. With OpenRouter, whose figures are, call it.
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
      // If the error says that the credits are used up, the balance is read again, and the guard takes effect.
      this.balance.reportError({ status: response.status, body });
      throw new BadGatewayException(`The completion failed: OpenRouter answered ${response.status}.`);
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
      throw new BadGatewayException('The completion failed: OpenRouter cannot be reached.');
    }
  }
}
