import { Injectable } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { Subject } from 'rxjs';
import type { Condition, SandboxControls } from '../../shared/dashboard.js';
import { modelRotation } from '../models.js';

const SLOW_MS = 3_000;

/** What every request gets under a condition, if it is to fail. */
const FAILURES: Readonly<Partial<Record<Condition, Parameters<OpenRouterSandbox['failNext']>[0]>>> = {
  outage: { status: 503 },
  throttled: { status: 429, headers: { 'retry-after': 1 } },
};

/** As OpenRouter answers to a key that has expired or is switched off. */
const EXPIRED = { status: 401, body: { error: { code: 401, message: 'User not found.' } } };

/** Makes trouble for the sandbox, for everybody to see what becomes of it. */
@Injectable()
export class SandboxPlayground {
  readonly controls$ = new Subject<SandboxControls>();

  controls: SandboxControls = { condition: 'normal', isKeyExpired: false, isBusy: true };

  private readonly nextModel = modelRotation();

  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly balance: BalanceService,
  ) {}

  spend(usd: number): void {
    this.sandbox.spend(usd, { model: this.nextModel() });
    this.look();
  }

  topUp(usd: number): void {
    this.sandbox.topUp(usd);
    this.look();
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
    // What was refused to a key is not asked again for an hour, unless somebody says that it has been mended.
    if (!isKeyExpired) this.balance.invalidate();
    this.apply();
  }

  private apply(): void {
    const { condition, isKeyExpired } = this.controls;
    // Whatever else is wrong, a key that has expired gets no further.
    const failure = isKeyExpired ? EXPIRED : FAILURES[condition];
    this.sandbox.clearFailures();
    this.sandbox.latencyMs = condition === 'slow' && !isKeyExpired ? SLOW_MS : 0;
    if (failure !== undefined) this.sandbox.failNext({ ...failure, times: Infinity });
    this.look();
  }

  private change(change: Partial<SandboxControls>): void {
    this.controls = { ...this.controls, ...change };
    this.controls$.next(this.controls);
  }

  /** The next reading may be far off, after failures above all; nobody who has pressed a button waits for it. */
  private look(): void {
    // A failure is told by an alert.
    this.balance.refresh().catch(() => undefined);
  }
}
