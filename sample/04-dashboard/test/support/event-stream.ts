import type { Dashboard, DashboardEvents } from '../../shared/dashboard.js';

const TIMEOUT_MS = 15_000;

/** The events of the server, applied as the page does. */
export class EventStream {
  /** The types of the events so far. */
  readonly types: string[] = [];
  /** The raw stream. */
  text = '';
  dashboard!: Dashboard;

  private unread = '';
  private wake: () => void = () => undefined;
  private isEnded = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {}

  static async open(url: string, headers: Record<string, string>): Promise<EventStream> {
    const abort = new AbortController();
    const stream = new EventStream(await fetch(url, { headers, signal: abort.signal }), abort);
    void stream.read();
    await stream.until(() => stream.types.length > 0);
    return stream;
  }

  /** Waits until the dashboard meets a condition. */
  async until(isSo: (dashboard: Dashboard) => boolean): Promise<Dashboard> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (this.types.length === 0 || !isSo(this.dashboard)) {
      // An event comes every second, so the deadline is checked that often.
      if (this.isEnded || Date.now() > deadline)
        throw new Error(`That did not come:\n${this.text.slice(-2_000)}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.dashboard;
  }

  async end(): Promise<void> {
    while (!this.isEnded) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) this.take(decoder.decode(chunk, { stream: true }));
    } catch {
      // The stream was closed.
    }
    this.isEnded = true;
    this.wake();
  }

  private take(text: string): void {
    this.text += text;
    const messages = (this.unread + text).split('\n\n');
    this.unread = messages.pop()!;
    for (const message of messages) {
      const type = /^event: (.+)$/m.exec(message)?.[1] as keyof DashboardEvents | undefined;
      if (type !== undefined) this.apply(type, JSON.parse(/^data: (.+)$/m.exec(message)![1]!));
    }
    this.wake();
  }

  private apply(type: keyof DashboardEvents, data: any): void {
    this.types.push(type);
    if (type === 'dashboard') this.dashboard = data;
    else if (type === 'alert')
      this.dashboard = { ...this.dashboard, alerts: [data, ...this.dashboard.alerts] };
    else this.dashboard = { ...this.dashboard, [type]: data };
  }
}
