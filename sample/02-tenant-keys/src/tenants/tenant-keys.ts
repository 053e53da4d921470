import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  ApiKeysService,
  OpenRouterForbiddenException,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
  type SecretString,
} from 'nestjs-openrouter';
import { StartError } from 'sample-shared';
import { nextStep, onlyTidiesUp, type Step, type StepKind, type StepTimes } from './key-steps.js';
import { SecretCipher } from './secret-cipher.js';
import type { Tenant, TenantKey } from './tenant.js';
import { TenantStore } from './tenant-store.js';
import { limitFor } from './usage.js';

/** Takes the keys of tenants through their steps, at OpenRouter first and then in the store. */
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
      this.tell(key, disabled ? 'disabled' : 'enabled');
    },
    disable: async (key, _tenant, signal) => {
      const disabled = await unlessGone(this.apiKeys.update(hashOf(key), { disabled: true }, { signal }));
      this.store.retire(key, disabled?.usage, Date.now());
      this.tell(key, 'replaced and disabled');
    },
    'restore-limit': async (key, { monthlyLimit }, signal) => {
      await this.apiKeys.update(hashOf(key), { limit: monthlyLimit }, { signal });
      this.store.markLimitRestored(key);
      this.tell(key, 'given its whole limit again');
    },
    replace: async (key, tenant, signal) => {
      await this.deleteByName(key, signal);
      await this.make(tenant, this.store.replaceIntent(key, Date.now()), signal);
    },
    'take-over': async (key, _tenant, signal) => {
      await this.tryOut(key, signal);
      this.store.takeOver(key, Date.now());
      this.tell(key, 'in use');
    },
    delete: async (key, _tenant, signal) => {
      const last = await unlessGone(this.apiKeys.get(hashOf(key), { signal }));
      if (last !== undefined) {
        this.store.recordUsage(key, last.usage);
        await unlessGone(this.apiKeys.delete(last.hash, { signal }));
      }
      this.store.markDeleted(key, Date.now());
      this.tell(key, 'deleted');
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

  /** @throws `StartError` if the secrets in the database are of another cipher key. */
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
   * Does what is left to do for a tenant, also what another process has left.
   *
   * What only tidies up fails nobody's request: it is left for another time.
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
        if (!onlyTidiesUp(step)) throw error;
        this.logger.warn(`Tenant ${tenantId}: could not ${step.kind} a key yet (${String(error)})`);
        return;
      }
    }
  }

  /** What is to be done for a tenant now. */
  nextStep(tenant: Tenant): Step | undefined {
    return nextStep(tenant, this.store.keysOf(tenant.id), this.times, Date.now());
  }

  /** Makes the key that was written down, with the one request that ever bears its name. */
  async make(tenant: Tenant, key: TenantKey, signal: AbortSignal): Promise<void> {
    const { apiKey, secret } = await this.apiKeys.create(
      { name: key.name, limit: limitFor(tenant, key), limitReset: 'monthly' },
      { signal },
    );
    const sealed = this.cipher.seal(secret, { tenantId: key.tenantId, hash: apiKey.hash });
    this.store.storeSecret(key, apiKey.hash, sealed, Date.now());
    this.logger.log(`Tenant ${key.tenantId}: key ${apiKey.hash} made`);
  }

  secretOf(key: TenantKey): SecretString {
    return this.cipher.open(this.store.sealedSecret(key), { tenantId: key.tenantId, hash: hashOf(key) });
  }

  private async tryOut(key: TenantKey, signal: AbortSignal): Promise<void> {
    try {
      await this.apiKeys.getCurrent({ apiKey: this.secretOf(key), signal });
    } catch (error) {
      if (error instanceof OpenRouterUnauthorizedException || error instanceof OpenRouterForbiddenException) {
        this.store.reject(key, Date.now());
        this.tell(key, 'given up, since OpenRouter refuses it');
      }
      throw error;
    }
  }

  /** What bears the name has a secret that nobody knows. */
  private async deleteByName(key: TenantKey, signal: AbortSignal): Promise<void> {
    for (const { hash } of await this.apiKeys.findByName(key.name, { signal })) {
      await unlessGone(this.apiKeys.delete(hash, { signal }));
      this.logger.warn(`Tenant ${key.tenantId}: orphaned key ${hash} deleted`);
    }
  }

  private tell(key: TenantKey, what: string): void {
    this.logger.log(`Tenant ${key.tenantId}: key ${hashOf(key)} ${what}`);
  }
}

/** Every key has a hash from `stored` on. */
function hashOf({ hash }: TenantKey): string {
  return hash!;
}

/** `undefined` if OpenRouter no longer has the key, which is no obstacle to disabling or deleting it. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OpenRouterNotFoundException) return undefined;
    throw error;
  }
}
