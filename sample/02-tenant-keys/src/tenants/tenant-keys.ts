import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  ApiKeysService,
  OpenRouterForbiddenException,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
  type SecretString,
} from 'nestjs-openrouter';
import { StartError } from 'sample-shared';
import { nextStep, isCleanUp, type Step, type StepKind, type StepTimes } from './key-steps.js';
import { SecretCipher } from './secret-cipher.js';
import type { Tenant, TenantKey } from './tenant.js';
import { TenantStore } from './tenant-store.js';
import { limitFor } from './usage.js';

/** Takes the keys of tenants through their steps. Each happens at OpenRouter first, and then in the store. */
@Injectable()
export class TenantKeys implements OnModuleInit {
  private readonly logger = new Logger(TenantKeys.name);

  private readonly actions: Record<
    StepKind,
    (key: TenantKey, tenant: Tenant, signal: AbortSignal) => Promise<void>
  > = {
    'set-disabled': async (key, { disabled }, signal) => {
      await this.apiKeys.update(hashOf(key), { disabled }, { signal });
      this.store.markDisabled(key, disabled);
      this.log(key, disabled ? 'disabled' : 'enabled');
    },
    disable: async (key, _tenant, signal) => {
      const disabled = await unlessGone(this.apiKeys.update(hashOf(key), { disabled: true }, { signal }));
      this.store.retire(key, disabled?.usage, Date.now());
      this.log(key, 'replaced and disabled');
    },
    'restore-limit': async (key, { monthlyLimit }, signal) => {
      await this.apiKeys.update(hashOf(key), { limit: monthlyLimit }, { signal });
      this.store.markLimitRestored(key);
      this.log(key, 'back at its full limit');
    },
    replace: async (key, tenant, signal) => {
      await this.deleteByName(key, signal);
      await this.create(tenant, this.store.replaceIntent(key, Date.now()), signal);
    },
    'take-over': async (key, _tenant, signal) => {
      await this.test(key, signal);
      this.store.takeOver(key, Date.now());
      this.log(key, 'in use');
    },
    delete: async (key, _tenant, signal) => {
      const last = await unlessGone(this.apiKeys.get(hashOf(key), { signal }));
      if (last !== undefined) {
        this.store.recordUsage(key, last.usage);
        await unlessGone(this.apiKeys.delete(last.hash, { signal }));
      }
      this.store.markDeleted(key, Date.now());
      this.log(key, 'deleted');
    },
    sweep: async (key, _tenant, signal) => {
      await this.deleteByName(key, signal);
      this.store.forget(key);
    },
  };

  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly store: TenantStore,
    private readonly cipher: SecretCipher,
    private readonly times: StepTimes,
  ) {}

  /** @throws `StartError` if the secrets in the database were encrypted with another key. */
  onModuleInit(): void {
    const key = this.store.anySealedKey();
    try {
      if (key !== undefined) this.secretOf(key);
    } catch {
      throw new StartError(
        'TENANTS_SECRET is not the one that the secrets in TENANTS_DATABASE were encrypted with.',
      );
    }
  }

  /**
   * Does all remaining steps of a tenant, also those that another process left.
   *
   * A failed clean-up does not fail the request. It is repeated later.
   */
  async settle(tenantId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const tenant = this.store.tenant(tenantId);
      if (tenant === undefined) return;
      const step = this.nextStep(tenant);
      if (step === undefined) return;
      try {
        await this.actions[step.kind](step.key, tenant, signal);
      } catch (error) {
        if (!isCleanUp(step)) throw error;
        this.logger.warn(`Tenant ${tenantId}: could not ${step.kind} a key yet (${String(error)})`);
        return;
      }
    }
  }

  /** The step to do now for a tenant. */
  nextStep(tenant: Tenant): Step | undefined {
    return nextStep(tenant, this.store.keysOf(tenant.id), this.times, Date.now());
  }

  /** Creates the key that was written down. No other request uses its name. */
  async create(tenant: Tenant, key: TenantKey, signal: AbortSignal): Promise<void> {
    const { apiKey, secret } = await this.apiKeys.create(
      { name: key.name, limit: limitFor(tenant, key), limitReset: 'monthly' },
      { signal },
    );
    const sealed = this.cipher.seal(secret, { tenantId: key.tenantId, hash: apiKey.hash });
    this.store.storeSecret(key, apiKey.hash, sealed, Date.now());
    this.logger.log(`Tenant ${key.tenantId}: key ${apiKey.hash} created`);
  }

  secretOf(key: TenantKey): SecretString {
    return this.cipher.open(this.store.sealedSecret(key), { tenantId: key.tenantId, hash: hashOf(key) });
  }

  private async test(key: TenantKey, signal: AbortSignal): Promise<void> {
    try {
      await this.apiKeys.getCurrent({ apiKey: this.secretOf(key), signal });
    } catch (error) {
      if (error instanceof OpenRouterUnauthorizedException || error instanceof OpenRouterForbiddenException) {
        this.store.reject(key, Date.now());
        this.log(key, 'given up, because OpenRouter refuses it');
      }
      throw error;
    }
  }

  /** Deletes the keys with this name, whose secrets nobody knows. */
  private async deleteByName(key: TenantKey, signal: AbortSignal): Promise<void> {
    for (const { hash } of await this.apiKeys.findByName(key.name, { signal })) {
      await unlessGone(this.apiKeys.delete(hash, { signal }));
      this.logger.warn(`Tenant ${key.tenantId}: orphaned key ${hash} deleted`);
    }
  }

  private log(key: TenantKey, what: string): void {
    this.logger.log(`Tenant ${key.tenantId}: key ${hashOf(key)} ${what}`);
  }
}

/** A key has a hash from the state `stored` on. */
function hashOf({ hash }: TenantKey): string {
  return hash!;
}

/** `undefined` if OpenRouter no longer has the key. It is then as good as disabled or deleted. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OpenRouterNotFoundException) return undefined;
    throw error;
  }
}
