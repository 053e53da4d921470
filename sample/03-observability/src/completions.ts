import { BadGatewayException, Inject, Injectable } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import type { Account } from './account.js';

/** The used part of a completion. */
interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: { readonly cost: number };
}

/** Sends completions, and records what they cost. */
@Injectable()
export class Completions {
  static readonly ACCOUNT = 'account';

  constructor(
    @Inject(Completions.ACCOUNT) private readonly account: Account,
    private readonly balance: BalanceService,
  ) {}

  async ask(content: string): Promise<{ content: string; cost: number }> {
    const response = await fetch(`${this.account.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.account.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-4.1-mini', messages: [{ role: 'user', content }] }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) {
      // If the error says that the credits are used up, the balance is read again, and the guard takes effect.
      this.balance.reportError({ status: response.status, body: await response.text() });
      throw new BadGatewayException('The completion failed.');
    }
    const { choices, usage } = (await response.json()) as Completion;
    this.balance.recordSpend(usage.cost);
    return { content: choices[0]?.message.content ?? '', cost: usage.cost };
  }
}
