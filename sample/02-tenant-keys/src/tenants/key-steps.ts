import { monthOf, type Tenant, type TenantKey } from './tenant.js';

/**
 * What is to be done next for the keys of a tenant. Each step may be done again after it was cut off anywhere:
 *
 * - `set-disabled`: tell OpenRouter whether it is to refuse the key.
 * - `disable`: let OpenRouter refuse a key that was replaced.
 * - `restore-limit`: give the key the whole limit again, after the month in which it took over what was left.
 * - `replace`: nobody knows whether the key was made. Look for its name, delete what is found, since its secret is
 *   lost, and make another one under another name.
 * - `take-over`: try the key, and make it the key of the tenant.
 * - `delete`: delete a key that has been disabled for long enough.
 * - `sweep`: look once more for what a creation has made after everybody had given it up.
 */
export type StepKind =
  'set-disabled' | 'disable' | 'restore-limit' | 'replace' | 'take-over' | 'delete' | 'sweep';

export interface Step {
  readonly kind: StepKind;
  readonly key: TenantKey;
}

export interface StepTimes {
  /** How long a disabled key is kept. */
  readonly keepRetiredMs: number;
  /** After how long a creation without an answer can have no effect any more. */
  readonly lateCreationMs: number;
}

/** What OpenRouter or people wait for comes before what only tidies up. */
const ORDER: readonly StepKind[] = [
  'set-disabled',
  'disable',
  'restore-limit',
  'replace',
  'take-over',
  'delete',
  'sweep',
];

/** Whether nobody waits for a step. No other one comes after it. */
export function onlyTidiesUp({ kind }: Step): boolean {
  return kind === 'delete' || kind === 'sweep';
}

/** The step to do now; `undefined` if there is none, or none yet. */
export function nextStep(
  tenant: Tenant,
  keys: readonly TenantKey[],
  times: StepTimes,
  now: number,
): Step | undefined {
  return keys
    .map((key) => ({ kind: stepFor(tenant, key, times, now), key }))
    .filter((step): step is Step => step.kind !== undefined)
    .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))[0];
}

function stepFor(tenant: Tenant, key: TenantKey, times: StepTimes, now: number): StepKind | undefined {
  switch (key.state) {
    case 'intended':
      return 'replace';
    case 'stored':
      return 'take-over';
    case 'active':
      if (key.disabled !== tenant.disabled) return 'set-disabled';
      return key.carried !== 0 && key.month !== monthOf(now) ? 'restore-limit' : undefined;
    case 'retiring':
      return 'disable';
    case 'retired':
      return now - key.since >= times.keepRetiredMs ? 'delete' : undefined;
    case 'abandoned':
      return now - key.since >= times.lateCreationMs ? 'sweep' : undefined;
    case 'deleted':
      return undefined;
  }
}

/** How a tenant's key stands. */
export type TenantStatus =
  'creating' | 'active' | 'rotating' | 'disabling' | 'disabled' | 'enabling' | 'keyless';

/** `keyless`: its key was refused when it was tried; a rotation makes another one. */
export function statusOf(tenant: Tenant, keys: readonly TenantKey[]): TenantStatus {
  const active = keys.find(({ state }) => state === 'active');
  const coming = keys.some(({ state }) => state === 'intended' || state === 'stored');
  if (active === undefined) return coming ? 'creating' : 'keyless';
  if (active.disabled !== tenant.disabled) return tenant.disabled ? 'disabling' : 'enabling';
  if (coming) return 'rotating';
  return tenant.disabled ? 'disabled' : 'active';
}
