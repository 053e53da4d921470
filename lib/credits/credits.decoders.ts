import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import { subtractUsd } from '../money/usd.js';
import {
  optionalDate,
  optionalRecord,
  optionalString,
  requiredAmount,
  requiredString,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { CoinbaseChargeResponse, CoinbasePricing, GetCreditsResponse } from './credits.models.js';

/** Reads the answer of `GET /credits`, which sends no balance: it is computed here. */
export function decodeCredits(body: unknown): GetCreditsResponse {
  const data = unwrapData(body);
  const totalCredits = requiredAmount(data, 'total_credits');
  const totalUsage = requiredAmount(data, 'total_usage');
  const balance = subtractUsd(totalCredits, totalUsage);
  if (!Number.isFinite(balance)) {
    throw new OpenRouterResponseException({
      message: "OpenRouter's answer has amounts whose difference is too large for a number.",
      delivery: 'applied',
      path: 'data',
    });
  }
  return { totalCredits, totalUsage, balance, currency: 'USD' };
}

/** Reads the answer of `POST /credits/coinbase` in either of its two shapes. */
export function decodeCoinbaseCharge(body: unknown): CoinbaseChargeResponse {
  const data = unwrapData(body);
  return withoutUndefined({
    id: requiredString(data, 'id'),
    hostedUrl: optionalString(data, 'hosted_url'),
    code: optionalString(data, 'code'),
    status: optionalString(data, 'status'),
    createdAt: optionalDate(data, 'created_at'),
    expiresAt: optionalDate(data, 'expires_at'),
    pricing: decodePricing(data),
    web3Data: optionalRecord(data, 'web3_data')?.members,
  });
}

function decodePricing(data: WireRecord): CoinbasePricing | undefined {
  const pricing = optionalRecord(data, 'pricing');
  const local = pricing && optionalRecord(pricing, 'local');
  return (
    local && {
      local: { amount: requiredString(local, 'amount'), currency: requiredString(local, 'currency') },
    }
  );
}
