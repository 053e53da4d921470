import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Completions } from '../completions/completions.js';
import { SandboxPlayground } from './sandbox-playground.js';

/** Waits between two completions. Their mean is about a second and a half. */
const PAUSES_MS = [1_100, 700, 2_400, 1_600, 900, 2_200];

/** Asks models now and then, as an application at work does. */
@Injectable()
export class BusyTraffic implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;
  private count = 0;

  constructor(
    private readonly completions: Completions,
    private readonly playground: SandboxPlayground,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  onModuleDestroy(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.isEnded) return;
    this.count += 1;
    const pauseMs = PAUSES_MS[this.count % PAUSES_MS.length];
    this.timer = setTimeout(() => void this.work(), pauseMs).unref();
  }

  private async work(): Promise<void> {
    // During an outage, or without money, it goes on trying, like any application.
    if (this.playground.controls.isBusy) await this.completions.complete().catch(() => undefined);
    this.schedule();
  }
}
