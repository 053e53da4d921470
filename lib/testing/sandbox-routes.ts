import type { SandboxAccount } from './sandbox-account.js';
import {
  type ChargeRequest,
  creditsBody,
  errorBody,
  hostedChargeBody,
  keyBody,
  onchainChargeBody,
} from './sandbox-bodies.js';
import { isRecord } from './sandbox-checks.js';
import type { ResolvedSandboxOptions } from './sandbox-options.js';
import { type SandboxKey, isAuthenticated } from './sandbox-requests.js';

/** One request, as far as a route looks at it. */
export interface SandboxCall {
  readonly method: string;
  /** Without the query. */
  readonly pathname: string;
  readonly key: SandboxKey;
  readonly body: unknown;
}

export interface SandboxReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: an empty body. */
  readonly json?: object;
}

export const API_ROOT = '/api/v1';

/** What the API answers when nothing was arranged to fail. */
export function createRouter(
  account: SandboxAccount,
  options: ResolvedSandboxOptions,
): (call: SandboxCall) => SandboxReply {
  const fail = (status: number, call: SandboxCall, message?: string): SandboxReply => ({
    status,
    json: errorBody(status, isAuthenticated(call.key) ? account.userId : undefined, message),
  });

  const getCredits = (call: SandboxCall): SandboxReply => {
    if (call.key === 'api' && options.inferenceKeyCredits === 'forbidden') return fail(403, call);
    const blind = call.key === 'api' && options.inferenceKeyCredits === 'zeros';
    return { status: 200, json: creditsBody(blind ? { totalCredits: 0, totalUsage: 0 } : account.credits()) };
  };

  const getKey = (call: SandboxCall): SandboxReply => ({
    status: 200,
    headers: { 'cache-control': 'private, no-store' },
    json: keyBody(call.key === 'management' ? 'management' : 'api', account, options),
  });

  const createCharge = (call: SandboxCall): SandboxReply => {
    const isOnchain = options.coinbase === 'onchain';
    const problem = chargeProblem(call.body, isOnchain);
    if (problem !== undefined) return fail(400, call, `Invalid request parameters: ${problem}`);
    const request = call.body as ChargeRequest;
    return { status: 200, json: isOnchain ? onchainChargeBody(request) : hostedChargeBody(request) };
  };

  const withKey =
    (endpoint: (call: SandboxCall) => SandboxReply) =>
    (call: SandboxCall): SandboxReply => {
      if (call.key === 'none') return fail(401, call);
      if (call.key === 'unknown') return fail(401, call, 'User not found.');
      return endpoint(call);
    };

  const endpoints: ReadonlyMap<string, (call: SandboxCall) => SandboxReply> = new Map([
    ['GET /credits', withKey(getCredits)],
    ['GET /key', withKey(getKey)],
    ['GET /auth/key', withKey(getKey)],
    [
      'POST /credits/coinbase',
      options.coinbase === 'gone' ? (call: SandboxCall) => fail(410, call) : withKey(createCharge),
    ],
  ]);

  return (call) => {
    if (call.method === 'OPTIONS') return PREFLIGHT;
    const method = call.method === 'HEAD' ? 'GET' : call.method;
    const endpoint = call.pathname.startsWith(`${API_ROOT}/`)
      ? endpoints.get(`${method} ${call.pathname.slice(API_ROOT.length)}`)
      : undefined;
    return endpoint === undefined ? fail(404, call) : endpoint(call);
  };
}

const PREFLIGHT: SandboxReply = {
  status: 204,
  headers: {
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    'access-control-allow-headers':
      'Authorization, Content-Type, HTTP-Referer, X-OpenRouter-Title, X-Title, X-OpenRouter-Categories, Idempotency-Key',
  },
};

const CHAINS: readonly unknown[] = [1, 137, 8453];

function chargeProblem(body: unknown, isOnchain: boolean): string | undefined {
  // A body that is no JSON arrives here as text.
  if (!isRecord(body)) return 'the body must be a JSON object';
  const { amount, sender, chain_id } = body;
  if (typeof amount !== 'number' || amount <= 0 || amount > 100_000) {
    return 'amount must be a number of US dollars above 0 and at most 100000';
  }
  const isAddress = typeof sender === 'string' && /^0x[0-9a-f]{40}$/i.test(sender);
  if (!isAddress && (isOnchain || sender !== undefined)) return 'sender must be an EVM address';
  if (!CHAINS.includes(chain_id) && (isOnchain || chain_id !== undefined)) {
    return `chain_id must be one of ${CHAINS.join(', ')}`;
  }
  return undefined;
}
