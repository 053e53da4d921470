import { anyObject, date, model, openApi, optional, text, usd } from '../openapi/open-api.js';

/** The answer of `GET /credits`, in US dollars. */
export class GetCreditsResponse {
  /** All credits ever purchased, in US dollars. Example: `100.5`. */
  totalCredits!: number;
  /** All credits ever used, in US dollars. Example: `25.75`. */
  totalUsage!: number;
  /**
   * `totalCredits − totalUsage`, computed exactly in decimal. Example: `74.75`. Negative if more was used than
   * purchased; OpenRouter then refuses calls, even of free models.
   */
  balance!: number;
  /** One credit is one US dollar. */
  currency!: 'USD';

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<GetCreditsResponse>({
      totalCredits: usd('All credits ever purchased'),
      totalUsage: usd('All credits ever used'),
      balance: usd('Purchased minus used', 'may be negative'),
      currency: text(undefined, { enum: ['USD'] }),
    });
  }
}

/** An amount of money as payment providers send it. */
export class CoinbasePrice {
  /** A decimal string, such as `'100.00'`. */
  amount!: string;
  /** ISO 4217 code, such as `'USD'`. */
  currency!: string;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CoinbasePrice>({
      amount: text('A decimal string'),
      currency: text(),
    });
  }
}

/** What a charge costs. */
export class CoinbasePricing {
  /** The price in the requested currency. */
  local!: CoinbasePrice;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CoinbasePricing>({
      local: model(() => CoinbasePrice),
    });
  }
}

/**
 * A charge that buys credits, in either of the two shapes that servers have sent: with a payment page (`hostedUrl`), or
 * with the call data of an on-chain transfer (`web3Data`).
 */
export class CoinbaseChargeResponse {
  /** Id of the charge. */
  id!: string;
  /** The page on which to pay. */
  hostedUrl?: string;
  /** Short code of the charge. */
  code?: string;
  /** For example `NEW`, `PENDING`, `COMPLETED`, `EXPIRED`; new values pass through. */
  status?: string;
  /** When it was created. */
  createdAt?: Date;
  /** When it can no longer be paid. */
  expiresAt?: Date;
  /** What it costs. */
  pricing?: CoinbasePricing;
  /** The call data of an on-chain transfer, as it came: names in snake_case, amounts as strings. */
  web3Data?: Readonly<Record<string, unknown>>;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CoinbaseChargeResponse>({
      id: text(),
      hostedUrl: optional(text('The page on which the charge is paid')),
      code: optional(text()),
      status: optional(text()),
      createdAt: optional(date()),
      expiresAt: optional(date()),
      pricing: optional(model(() => CoinbasePricing)),
      web3Data: optional(anyObject()),
    });
  }
}
