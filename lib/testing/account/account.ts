import { randomBytes } from 'node:crypto';
import type { ResolvedSandboxOptions, SandboxCredits } from '../sandbox-options.js';
import { type ActivityCounts, type ActivityLog, createActivityLog } from './activity.js';
import { type GuardrailStore, createGuardrailStore } from './guardrails.js';
import { type SandboxCharge, chargeOf } from './charges.js';
import { type Generation, type GenerationStore, createGenerationStore } from './generations.js';
import { type AccountKey, type KeyStore, createKeyStore, hashOf, mask } from './keys.js';
import { dayOf } from './periods.js';
import { toUnits, toUsd } from './usd.js';
import { type WorkspaceStore, createWorkspaceStore } from './workspaces.js';

/** The cost of completions of a model, and the key that made them. */
export interface Charge extends Omit<ActivityCounts, 'usage' | 'byokUsage'> {
  readonly key: AccountKey;
  readonly model: string;
  readonly provider: string;
  readonly usd: number;
  readonly byokUsd: number;
  readonly at: Date;
}

/** The account's state. All spend goes through {@link Account.charge}, so that all totals agree. */
export interface Account {
  readonly userId: string;
  readonly keys: KeyStore;
  readonly workspaces: WorkspaceStore;
  readonly guardrails: GuardrailStore;
  readonly activity: ActivityLog;
  readonly generations: GenerationStore;
  /** One for each completion that has ended, oldest first. */
  readonly charges: SandboxCharge[];
  /** The inference key that the account starts with. */
  readonly firstKey: AccountKey;
  /** The management key, masked. */
  readonly managementLabel: string;
  isManagementKey(text: string): boolean;
  credits(): SandboxCredits;
  hasCredits(): boolean;
  charge(charge: Charge): void;
  /** Charges a completion that has ended. */
  complete(generation: Generation): void;
  topUp(usd: number): void;
}

export function createAccount(options: ResolvedSandboxOptions): Account {
  // Earlier usage belongs to former keys: a new key has its whole limit left.
  let used = toUnits(options.credits.totalUsage);
  let bought = toUnits(options.credits.totalCredits);
  const managementHash = hashOf(options.managementKey);
  const userId = `user_${randomBytes(14).toString('hex').slice(1)}`;
  const workspaces = createWorkspaceStore();
  const keys = createKeyStore();
  const activity = createActivityLog();
  const firstKey = keys.create({
    text: options.apiKey,
    name: 'Sandbox key',
    disabled: false,
    limit: options.keyLimit,
    limitReset: options.keyLimitReset,
    includeByokInLimit: false,
    workspaceId: workspaces.default.id,
    creatorUserId: userId,
    expiresAt: null,
  });

  const generations = createGenerationStore(options.generationMisses);
  const charges: SandboxCharge[] = [];
  const charge: Account['charge'] = ({ usd, byokUsd, at, ...counts }) => {
    const [usage, byokUsage, day] = [toUnits(usd), toUnits(byokUsd), dayOf(at)];
    used += usage;
    activity.add({ ...counts, usage, byokUsage, day });
    for (const meters of [counts.key, workspaces.find(counts.key.workspaceId)?.budgets]) {
      meters?.usage.add(usage, day);
      meters?.byokUsage.add(byokUsage, day);
    }
  };

  return {
    userId,
    keys,
    workspaces,
    guardrails: createGuardrailStore(options.guardrails),
    activity,
    generations,
    charges,
    firstKey,
    managementLabel: mask(options.managementKey),
    isManagementKey: (text) => hashOf(text) === managementHash,
    credits: () => ({ totalCredits: toUsd(bought), totalUsage: toUsd(used) }),
    hasCredits: () => bought > used,
    charge,
    complete: (generation) => {
      const { key, model, provider, promptTokens, completionTokens } = generation;
      generations.add(generation);
      charges.push(chargeOf(generation));
      charge({
        key,
        model,
        provider,
        usd: generation.cost,
        byokUsd: generation.byokCost,
        at: generation.endedAt,
        requests: 1,
        promptTokens,
        completionTokens,
        reasoningTokens: 0,
      });
    },
    topUp: (usd) => {
      bought += toUnits(usd);
    },
  };
}
