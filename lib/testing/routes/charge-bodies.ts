import { randomBytes, randomUUID } from 'node:crypto';

/** A charge request whose fields have been checked. */
export interface ChargeRequest {
  readonly amount: number;
  readonly sender?: string | undefined;
  readonly chain_id?: number | undefined;
}

const CHARGE_LIFETIME_MS = 3_600_000;

/** The charge that `POST /credits/coinbase` returned until early 2026 (official SDK before 0.12). */
export function onchainChargeBody({ amount, sender, chain_id }: ChargeRequest): object {
  const { created_at, expires_at } = lifetime();
  // A payment in millionths of a USDC, plus OpenRouter's fee of 5 %.
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
