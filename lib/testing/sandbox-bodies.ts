import { randomBytes, randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { SandboxAccount } from './sandbox-account.js';
import type { ResolvedSandboxOptions, SandboxCredits } from './sandbox-options.js';

// The API's own words: the example messages of its OpenAPI document.
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Invalid request parameters',
  401: 'Missing Authentication header',
  402: 'Insufficient credits. Add more using https://openrouter.ai/credits',
  403: 'Only management keys can perform this operation',
  404: 'Resource not found',
  408: 'Operation timed out. Please try again later.',
  409: 'Resource conflict. Please try again later.',
  410: 'The Coinbase APIs used by this endpoint have been deprecated, so the Coinbase Commerce credits API has been removed. Use the web credits purchase flow instead.',
  413: 'Request payload too large',
  422: 'Invalid argument',
  429: 'Rate limit exceeded',
  500: 'Internal Server Error',
  502: 'Provider returned error',
  503: 'Service temporarily unavailable',
  504: 'The operation was aborted due to timeout',
  524: 'Request timed out. Please try again later.',
  529: 'Provider returned error',
};

export interface ErrorBody {
  readonly error: { readonly code: number; readonly message: string };
  readonly user_id?: string;
}

/** `userId` is that of the caller, and only a caller whose key is known has one. */
export function errorBody(code: number, userId: string | undefined, message?: string): ErrorBody {
  const error = { code, message: message ?? MESSAGES[code] ?? STATUS_CODES[code] ?? `Status ${code}` };
  return userId === undefined ? { error } : { error, user_id: userId };
}

export function creditsBody({ totalCredits, totalUsage }: SandboxCredits): object {
  return { data: { total_credits: totalCredits, total_usage: totalUsage } };
}

/** `GET /key`: the OpenAPI document's fields, and those that the official SDK 1.3.19 requires besides. */
export function keyBody(
  kind: 'api' | 'management',
  account: SandboxAccount,
  options: ResolvedSandboxOptions,
): object {
  const isManagement = kind === 'management';
  const { totalCredits } = account.credits();
  // Inference only: a management key cannot spend.
  const usage = isManagement
    ? { total: 0, daily: 0, weekly: 0, monthly: 0, limitRemaining: null }
    : account.keyUsage();
  const freeRequests = totalCredits < 10 ? 50 : 1000;
  return {
    data: {
      label: mask(isManagement ? options.managementKey : options.apiKey),
      limit: isManagement ? null : options.keyLimit,
      limit_remaining: usage.limitRemaining,
      limit_reset: isManagement ? null : options.keyLimitReset,
      include_byok_in_limit: false,
      usage: usage.total,
      usage_daily: usage.daily,
      usage_weekly: usage.weekly,
      usage_monthly: usage.monthly,
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      is_free_tier: totalCredits === 0,
      is_management_key: isManagement,
      is_provisioning_key: isManagement,
      creator_user_id: account.userId,
      expires_at: null,
      allowed_data_regions: ['global'],
      free_model_daily_requests: { limit: freeRequests, remaining: freeRequests, used: 0 },
      organization_id: null,
      workspace_id: account.workspaceId,
      rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
    },
  };
}

function mask(key: string): string {
  // A short key of the user's own choosing would show in full between the two ends.
  return key.length > 24 ? `${key.slice(0, 12)}...${key.slice(-4)}` : `${key.slice(0, 3)}...`;
}

/** A charge request whose fields have been checked. */
export interface ChargeRequest {
  readonly amount: number;
  readonly sender?: string | undefined;
  readonly chain_id?: number | undefined;
}

const CHARGE_LIFETIME_MS = 3_600_000;

/** The charge that `POST /credits/coinbase` gave until early 2026 (official SDK before 0.12). */
export function onchainChargeBody({ amount, sender, chain_id }: ChargeRequest): object {
  const { created_at, expires_at } = lifetime();
  // A payment in USDC, which counts millionths, on top of which OpenRouter takes 5 %.
  const recipientAmount = Math.round(amount * 1e6);
  return {
    data: {
      id: randomUUID(),
      created_at,
      expires_at,
      web3_data: {
        transfer_intent: {
          call_data: {
            deadline: expires_at,
            fee_amount: String(Math.round(recipientAmount * 0.05)),
            id: hex(16),
            operator: hex(20),
            prefix: hex(32),
            recipient: hex(20),
            recipient_amount: String(recipientAmount),
            recipient_currency: hex(20),
            refund_destination: sender,
            signature: hex(65),
          },
          metadata: { chain_id, contract_address: hex(20), sender },
        },
      },
    },
  };
}

/** The charge of the public Coinbase Commerce API, as far as client libraries read it. */
export function hostedChargeBody({ amount }: ChargeRequest): object {
  const code = randomBytes(4).toString('hex').toUpperCase();
  return {
    data: {
      id: randomUUID(),
      code,
      hosted_url: `https://commerce.coinbase.com/charges/${code}`,
      status: 'NEW',
      ...lifetime(),
      pricing: { local: { amount: amount.toFixed(2), currency: 'USD' } },
    },
  };
}

function lifetime(): { created_at: string; expires_at: string } {
  const now = Date.now();
  return {
    created_at: new Date(now).toISOString(),
    expires_at: new Date(now + CHARGE_LIFETIME_MS).toISOString(),
  };
}

function hex(bytes: number): string {
  return `0x${randomBytes(bytes).toString('hex')}`;
}
