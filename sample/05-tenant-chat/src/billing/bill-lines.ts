import type { SpendScope } from 'nestjs-openrouter';

/** A cost in the file of a month. */
export interface BillLine {
  readonly id: string;
  /** The place in the ledger after it. */
  readonly cursor: string;
  /** In billionths of a dollar, since sums of whole numbers are exact; `null` if unknown. */
  readonly nanoUsd: number | null;
  /** Whether it is OpenRouter's bill. Otherwise it comes again under the same id, if the bill is learned later. */
  readonly isFinal: boolean;
  readonly scope: SpendScope;
  readonly startedAt: string;
  readonly model: string | null;
}

/** What a tenant owes. */
export interface TenantBill {
  readonly tenant: string;
  readonly nanoUsd: number;
  readonly answers: number;
  /** How many more answers there are of which OpenRouter's bill is not known. They are not in the sum. */
  readonly unknown: number;
}

export function readBillLines(text: string): BillLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BillLine);
}

/** The sums of the tenants, in alphabetical order. Of several lines with the same id, the last counts. */
export function billTenants(lines: readonly BillLine[]): TenantBill[] {
  const bills = new Map<string, TenantBill>();
  for (const { scope, nanoUsd, isFinal } of new Map(lines.map((line) => [line.id, line])).values()) {
    const { tenant = 'nobody' } = scope;
    const bill = bills.get(tenant) ?? { tenant, nanoUsd: 0, answers: 0, unknown: 0 };
    bills.set(
      tenant,
      isFinal && nanoUsd !== null
        ? { ...bill, nanoUsd: bill.nanoUsd + nanoUsd, answers: bill.answers + 1 }
        : { ...bill, unknown: bill.unknown + 1 },
    );
  }
  return [...bills.values()].sort((one, other) => (one.tenant < other.tenant ? -1 : 1));
}

/** `acme  $1.061234567  17 answers`: all decimals, at least two. */
export function billText({ tenant, nanoUsd, answers, unknown }: TenantBill): string {
  const digits = String(nanoUsd).padStart(10, '0');
  const decimals = digits.slice(-9).replace(/0{1,7}$/, '');
  const open = unknown === 0 ? '' : `, and ${unknown} of unknown cost`;
  return `${tenant}  $${digits.slice(0, -9)}.${decimals}  ${answers} ${answers === 1 ? 'answer' : 'answers'}${open}`;
}
