import type { DashboardEvents } from '../shared/dashboard.js';

export type LinkState = 'connecting' | 'live' | 'lost';

type Handlers = { readonly [Name in keyof DashboardEvents]: (data: DashboardEvents[Name]) => void };

/** The server sends a beat every second. */
const SILENCE_MS = 4_000;
const RETRY_MS = 1_500;

/**
 * The stream of the server's events. It reconnects after an error, after a refusal (which ends an `EventSource` for
 * good), and after silence, because a dead connection reports no error. A hidden page closes it: browsers open only
 * six connections to a server, shared by all of its pages.
 */
export class LiveConnection {
  /** When the last event came, by the clock of the browser. */
  heardAt = Date.now();

  private source: EventSource | undefined;
  private silence: number | undefined;
  private retry: number | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
    private readonly onState: (state: LinkState) => void,
  ) {}

  open(): void {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.close();
      else this.connect();
    });
    this.connect();
  }

  private connect(): void {
    this.close();
    const source = new EventSource(this.url);
    this.source = source;
    this.listenForSilence();
    for (const [name, handle] of Object.entries(this.handlers) as [string, (data: unknown) => void][]) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.heardAt = Date.now();
        this.listenForSilence();
        this.onState('live');
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener('error', () => this.connectLater());
  }

  private connectLater(): void {
    this.close();
    this.onState('lost');
    this.retry = setTimeout(() => this.connect(), RETRY_MS);
  }

  private listenForSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.connectLater(), SILENCE_MS);
  }

  private close(): void {
    this.source?.close();
    clearTimeout(this.silence);
    clearTimeout(this.retry);
  }
}
