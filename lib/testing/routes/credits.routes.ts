import type { Account } from '../account/account.js';
import { isRecord } from '../check-fields.js';
import type { ResolvedSandboxOptions, SandboxCredits } from '../sandbox-options.js';
import { type ChargeRequest, hostedChargeBody, onchainChargeBody } from './charge-bodies.js';
import { type SandboxCall, type SandboxReply, type SandboxRoute, invalid, refusal } from './route.js';

export function creditsRoutes(
  account: Account,
  { coinbase, inferenceKeyCredits }: ResolvedSandboxOptions,
): SandboxRoute[] {
  const getCredits = ({ caller }: SandboxCall): SandboxReply => {
    const blind = caller.kind === 'api' && inferenceKeyCredits === 'zeros';
    return { status: 200, json: creditsBody(blind ? { totalCredits: 0, totalUsage: 0 } : account.credits()) };
  };

  const createCharge = ({ body }: SandboxCall): SandboxReply => {
    const isOnchain = coinbase === 'onchain';
    const problem = chargeProblem(body, isOnchain);
    if (problem !== undefined) return invalid(problem);
    const request = body as ChargeRequest;
    return { status: 200, json: isOnchain ? onchainChargeBody(request) : hostedChargeBody(request) };
  };

  const isGone = coinbase === 'gone';
  return [
    {
      method: 'GET',
      path: '/credits',
      access: inferenceKeyCredits === 'forbidden' ? 'management-key' : 'any-key',
      handle: getCredits,
    },
    {
      method: 'POST',
      path: '/credits/coinbase',
      access: isGone ? 'anybody' : 'any-key',
      handle: isGone ? () => refusal(410) : createCharge,
    },
  ];
}

export function creditsBody({ totalCredits, totalUsage }: SandboxCredits): object {
  return { data: { total_credits: totalCredits, total_usage: totalUsage } };
}

const CHAINS: readonly unknown[] = [1, 137, 8453];

function chargeProblem(body: unknown, isOnchain: boolean): string | undefined {
  // A body that is not JSON arrives here as a string.
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
