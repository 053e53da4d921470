import { Injectable } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { Subject } from 'rxjs';
import type { Condition, SandboxControls } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';
import { StoreSwitch } from '../spending/store-switch.js';

const SLOW_MS = 3_000;

/** The failure of every request under a condition. */
const FAILURES: Readonly<Partial<Record<Condition, Parameters<OpenRouterSandbox['failNext']>[0]>>> = {
  outage: { status: 503 },
  throttled: { status: 429, headers: { 'retry-after': 1 } },
};

/** OpenRouter's answer to a key that has expired or is disabled. */
const EXPIRED = { status: 401, body: { error: { code: 401, message: 'User not found.' } } };

/** Changes the sandbox, to show how the package reacts. */
@Injectable()
export class SandboxPlayground {
  readonly controls$ = new Subject<SandboxControls>();

  controls: SandboxControls = { condition: 'normal', isKeyExpired: false, isBusy: true, isStoreDown: false };

  private readonly nextModel = modelRotation();

  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly balance: BalanceService,
    private readonly spendStore: StoreSwitch,
  ) {}

  /** Past the meter, so that no limit sees it. */
  spend(usd: number): void {
    this.sandbox.spend(usd, { model: this.nextModel() });
    this.readNow();
  }

  topUp(usd: number): void {
    this.sandbox.topUp(usd);
    this.readNow();
  }

  setStoreDown(isStoreDown: boolean): void {
    this.spendStore.isDown = isStoreDown;
    this.change({ isStoreDown });
  }

  setBusy(isBusy: boolean): void {
    this.change({ isBusy });
  }

  setCondition(condition: Condition): void {
    this.change({ condition });
    this.apply();
  }

  setKeyExpired(isKeyExpired: boolean): void {
    this.change({ isKeyExpired });
    // The package does not repeat a refused reading for an hour, unless it is told that the cause is gone.
    if (!isKeyExpired) this.balance.invalidate();
    this.apply();
  }

  private apply(): void {
    const { condition, isKeyExpired } = this.controls;
    // An expired key is refused, whatever the condition.
    const failure = isKeyExpired ? EXPIRED : FAILURES[condition];
    this.sandbox.clearFailures();
    this.sandbox.latencyMs = condition === 'slow' && !isKeyExpired ? SLOW_MS : 0;
    if (failure !== undefined) this.sandbox.failNext({ ...failure, times: Infinity });
    this.readNow();
  }

  private change(change: Partial<SandboxControls>): void {
    this.controls = { ...this.controls, ...change };
    this.controls$.next(this.controls);
  }

  /** Reads at once, because the next reading may be far off, especially after failures. */
  private readNow(): void {
    // An alert reports the failure.
    this.balance.refresh().catch(() => undefined);
  }
}
