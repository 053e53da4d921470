import { monthOf, type Tenant, type TenantKey } from './tenant.js';

/**
 * The next thing to do for the keys of a tenant. Each step can be repeated after an interruption at any point:
 *
 * - `set-disabled`: disable or enable the key at OpenRouter.
 * - `disable`: disable a replaced key at OpenRouter.
 * - `restore-limit`: restore the full limit of a key after the month in which it started with the rest of a limit.
 * - `replace`: it is unknown whether the key was created. Delete every key with its name, because the secret is lost,
 *   and create another key with another name.
 * - `take-over`: test the key, and make it the active key of the tenant.
 * - `delete`: delete a key that has been disabled for long enough.
 * - `sweep`: look once more for a key that was created after its creation was given up.
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
  /** The time after which a creation without an answer can no longer have an effect. */
  readonly lateCreationMs: number;
}

/** Steps that affect users come before clean-up. */
const ORDER: readonly StepKind[] = [
  'set-disabled',
  'disable',
  'restore-limit',
  'replace',
  'take-over',
  'delete',
  'sweep',
];

/** Whether the step is only clean-up. Such steps come last. */
export function isCleanUp({ kind }: Step): boolean {
  return kind === 'delete' || kind === 'sweep';
}

/** The step to do now. `undefined` if there is none, or none is due yet. */
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

/** The state of a tenant's key. */
export type TenantStatus =
  'creating' | 'active' | 'rotating' | 'disabling' | 'disabled' | 'enabling' | 'keyless';

/** `keyless`: OpenRouter refused the key in its test. A rotation creates another one. */
export function statusOf(tenant: Tenant, keys: readonly TenantKey[]): TenantStatus {
  const active = keys.find(({ state }) => state === 'active');
  const coming = keys.some(({ state }) => state === 'intended' || state === 'stored');
  if (active === undefined) return coming ? 'creating' : 'keyless';
  if (active.disabled !== tenant.disabled) return tenant.disabled ? 'disabling' : 'enabling';
  if (coming) return 'rotating';
  return tenant.disabled ? 'disabled' : 'active';
}
