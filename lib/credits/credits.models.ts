/** What `GET /credits` says of the account, in US dollars. */
export class GetCreditsResponse {
  /** All credits ever purchased, in US dollars. Example: `100.5`. */
  totalCredits!: number;
  /** All credits ever used, in US dollars. Example: `25.75`. */
  totalUsage!: number;
  /**
   * `totalCredits − totalUsage`, computed exactly in decimal. Example: `74.75`. Negative where more was used than
   * purchased; OpenRouter then refuses calls, those of free models included.
   */
  balance!: number;
  /** One credit is one US dollar. */
  currency!: 'USD';

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      totalCredits: { required: true, type: () => Number, description: 'All credits ever purchased, in USD' },
      totalUsage: { required: true, type: () => Number, description: 'All credits ever used, in USD' },
      balance: {
        required: true,
        type: () => Number,
        description: 'Purchased minus used, in USD; may be negative',
      },
      currency: { required: true, type: () => String, enum: ['USD'] },
    };
  }
}

/** An amount of money as payment providers send it. */
export class CoinbasePrice {
  /** A decimal text, such as `'100.00'`. */
  amount!: string;
  /** ISO 4217 code, such as `'USD'`. */
  currency!: string;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      amount: { required: true, type: () => String, description: 'A decimal text' },
      currency: { required: true, type: () => String },
    };
  }
}

/** What a charge costs. */
export class CoinbasePricing {
  /** The price in the currency it was asked for. */
  local!: CoinbasePrice;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return { local: { required: true, type: () => CoinbasePrice } };
  }
}

/**
 * A charge for buying credits, in either of the two shapes that servers have answered with: one with a payment page
 * (`hostedUrl`), and one with the call data of an on-chain transfer (`web3Data`).
 */
export class CoinbaseChargeResponse {
  /** Id of the charge. */
  id!: string;
  /** The page on which it is paid. */
  hostedUrl?: string;
  /** Short code of the charge. */
  code?: string;
  /** For example `NEW`, `PENDING`, `COMPLETED`, `EXPIRED`; new values pass through. */
  status?: string;
  /** When it was made. */
  createdAt?: Date;
  /** When it can no longer be paid. */
  expiresAt?: Date;
  /** What it costs. */
  pricing?: CoinbasePricing;
  /** The call data of an on-chain transfer, as it came: names in snake_case, amounts as texts. */
  web3Data?: Readonly<Record<string, unknown>>;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      id: { required: true, type: () => String },
      hostedUrl: { required: false, type: () => String, description: 'The page on which the charge is paid' },
      code: { required: false, type: () => String },
      status: { required: false, type: () => String },
      createdAt: { required: false, type: () => Date },
      expiresAt: { required: false, type: () => Date },
      pricing: { required: false, type: () => CoinbasePricing },
      web3Data: { required: false, type: 'object', additionalProperties: true },
    };
  }
}
