import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Completions } from '../completions/completions.js';
import { SandboxPlayground } from './sandbox-playground.js';

/** Pauses between completions, 1.5 seconds on average. */
const PAUSES_MS = [1_100, 700, 2_400, 1_600, 900, 2_200];

/** Sends completions now and then, as a busy application does. */
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
    // Goes on during an outage or without credits, as an application would.
    if (this.playground.controls.isBusy) await this.completions.complete().catch(() => undefined);
    this.schedule();
  }
}
