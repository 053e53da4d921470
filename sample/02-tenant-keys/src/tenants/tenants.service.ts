import { ConflictException, GoneException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import {
  type ApiKey,
  ApiKeysService,
  isOpenRouterException,
  OpenRouterNotFoundException,
} from 'nestjs-openrouter';
import { statusOf } from './key-steps.js';
import { monthOf, type Tenant, type TenantKey } from './tenant.js';
import { TenantKeys } from './tenant-keys.js';
import { TenantLock } from './tenant-lock.js';
import type {
  CreateTenantRequest,
  TenantResponse,
  TenantSecretResponse,
  TenantUsageResponse,
} from './tenants.dto.js';
import { TenantStore } from './tenant-store.js';
import { spendOf, spentInMonth } from './usage.js';

/** Tenants, each with its own key at OpenRouter. */
@Injectable()
export class TenantsService {
  private readonly logger = new Logger(TenantsService.name);

  constructor(
    private readonly store: TenantStore,
    private readonly keys: TenantKeys,
    private readonly apiKeys: ApiKeysService,
    private readonly lock: TenantLock,
  ) {}

  list(): TenantResponse[] {
    return this.store.tenants().map((tenant) => this.describe(tenant));
  }

  get(id: string): TenantResponse {
    return this.describe(this.find(id));
  }

  create({ id, monthlyLimit }: CreateTenantRequest): Promise<TenantSecretResponse> {
    return this.lock.hold(id, async (signal) => {
      const now = Date.now();
      const key = this.store.addTenant(id, monthlyLimit, now, monthOf(now));
      if (key === undefined) {
        throw new ConflictException(`The tenant ${id} exists already.`);
      }
      await this.createKey(key, signal, () => this.store.removeTenant(id));
      return this.reveal(id);
    });
  }

  rotate(id: string): Promise<TenantSecretResponse> {
    return this.lock.hold(id, async (signal) => {
      this.find(id);
      await this.keys.settle(id, signal);
      const now = Date.now();
      const carried = await this.spentThisMonth(id, now, signal);
      const key = this.store.intend(id, carried, monthOf(now), now);
      await this.createKey(key, signal, () => this.store.forget(key));
      return this.reveal(id);
    });
  }

  /** Shows a secret that was never shown, for example after a restart during a creation. */
  showSecret(id: string): Promise<TenantSecretResponse> {
    return this.lock.hold(id, () => Promise.resolve(this.reveal(id)));
  }

  setDisabled(id: string, disabled: boolean): Promise<TenantResponse> {
    return this.lock.hold(id, async (signal) => {
      this.find(id);
      this.store.setDisabled(id, disabled);
      await this.keys.settle(id, signal);
      return this.get(id);
    });
  }

  async usage(id: string): Promise<TenantUsageResponse> {
    const tenant = this.find(id);
    const known = await this.read(this.store.keysOf(id));
    return this.describeUsage(tenant, known);
  }

  /** Makes one request per hundred keys instead of one per tenant. */
  async usageOfAll(): Promise<TenantUsageResponse[]> {
    const known = new Map<string, ApiKey>();
    for await (const key of this.apiKeys.iterate({ includeDisabled: true })) {
      known.set(key.hash, key);
    }
    return this.store.tenants().map((tenant) => this.describeUsage(tenant, known));
  }

  private async createKey(key: TenantKey, signal: AbortSignal, undo: () => void): Promise<void> {
    try {
      await this.keys.create(this.find(key.tenantId), key, signal);
    } catch (error) {
      if (createdNothing(error)) {
        undo();
        throw error;
      }
      this.logger.warn(
        `Tenant ${key.tenantId}: it is unknown whether the key was created (${String(error)})`,
      );
    }
    await this.keys.settle(key.tenantId, signal);
  }

  /** Marks the secret as shown before it is sent, so that it is never shown twice. If it gets lost, rotate the key. */
  private reveal(id: string): TenantSecretResponse {
    const tenant = this.find(id);
    const key = this.activeKey(id);
    if (key === undefined) {
      throw new ConflictException(`The tenant ${id} has no key at the moment.`);
    }
    if (key.shown) {
      throw new GoneException('The secret was shown already. Rotate the key to get another one.');
    }
    const secret = this.keys.secretOf(key).reveal();
    this.store.markShown(key);
    return { tenant: this.describe(tenant), secret };
  }

  private async spentThisMonth(id: string, now: number, signal: AbortSignal): Promise<number> {
    const active = this.activeKey(id);
    if (active === undefined) return 0;
    return spentInMonth(active, await this.read([active], signal), monthOf(now)) ?? active.carried;
  }

  /** Reads from OpenRouter the keys that can still spend. */
  private async read(keys: readonly TenantKey[], signal?: AbortSignal): Promise<Map<string, ApiKey>> {
    const known = new Map<string, ApiKey>();
    for (const { state, hash } of keys) {
      if (hash === null || (state !== 'active' && state !== 'retiring')) continue;
      try {
        known.set(hash, await this.apiKeys.get(hash, { signal }));
      } catch (error) {
        if (!(error instanceof OpenRouterNotFoundException)) throw error;
      }
    }
    return known;
  }

  private find(id: string): Tenant {
    const tenant = this.store.tenant(id);
    if (tenant === undefined) {
      throw new NotFoundException(`The tenant ${id} does not exist.`);
    }
    return tenant;
  }

  private activeKey(id: string): TenantKey | undefined {
    return this.store.keysOf(id).find(({ state }) => state === 'active');
  }

  private describe({ ...tenant }: Tenant): TenantResponse {
    const keys = this.store.keysOf(tenant.id);
    const active = keys.find(({ state }) => state === 'active');
    return {
      id: tenant.id,
      monthlyLimit: tenant.monthlyLimit,
      status: statusOf(tenant, keys),
      keyHash: active?.hash ?? null,
      secretShown: active?.shown ?? false,
      createdAt: tenant.createdAt,
    };
  }

  private describeUsage(tenant: Tenant, known: ReadonlyMap<string, ApiKey>): TenantUsageResponse {
    const spend = spendOf(tenant, this.store.keysOf(tenant.id), known, monthOf(Date.now()));
    return { tenantId: tenant.id, monthlyLimit: tenant.monthlyLimit, ...spend };
  }
}

/** Whether a failed creation has certainly created no key. */
function createdNothing(error: unknown): boolean {
  if (!isOpenRouterException(error)) return false;
  const { code, delivery } = error as { code: string; delivery?: string };
  return code === 'OPENROUTER_VALIDATION' || delivery === 'not-sent' || delivery === 'rejected';
}
