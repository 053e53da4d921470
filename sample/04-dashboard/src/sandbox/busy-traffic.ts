import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Completions } from '../completions/completions.js';
import type { Tenant } from '../spending/plans.js';
import { SandboxPlayground } from './sandbox-playground.js';

/** Pauses between completions, 1.5 seconds on average. */
const PAUSES_MS = [1_100, 700, 2_400, 1_600, 900, 2_200];

interface Work {
  readonly tenant: Tenant;
  /** A stream that is read to its end, or left after so many chunks. */
  readonly stream?: 'read' | number;
}

/** What the tenants ask for, over and over again. */
const ROUND: readonly Work[] = [
  { tenant: 'acme', stream: 'read' },
  { tenant: 'initech' },
  { tenant: 'umbrella' },
  { tenant: 'acme', stream: 4 },
  { tenant: 'initech' },
  { tenant: 'umbrella', stream: 'read' },
  { tenant: 'acme' },
];

/** Sends completions now and then, as a busy application does. */
@Injectable()
export class BusyTraffic implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly end = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(
    private readonly completions: Completions,
    private readonly playground: SandboxPlayground,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  onModuleDestroy(): void {
    this.end.abort();
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const pauseMs = PAUSES_MS[this.count % PAUSES_MS.length];
    this.timer = setTimeout(() => this.work(), pauseMs).unref();
  }

  private work(): void {
    const work = ROUND[this.count % ROUND.length]!;
    this.count += 1;
    // Goes on during an outage or without credits, as an application would.
    if (this.playground.controls.isBusy) this.send(work).catch(() => undefined);
    this.schedule();
  }

  private async send({ tenant, stream }: Work): Promise<void> {
    if (stream === undefined) await this.completions.complete(tenant);
    else await this.completions.stream(tenant, this.end.signal, stream === 'read' ? undefined : stream);
  }
}
