import type { Dashboard, DashboardEvents } from '../../shared/dashboard.js';

const LONGEST_WAIT_MS = 15_000;

/** What the server sends, put together as the page does. */
export class EventStream {
  /** Types of the events so far. */
  readonly types: string[] = [];
  /** As it came. */
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

  /** Waits until what is shown is so. */
  async until(isSo: (dashboard: Dashboard) => boolean): Promise<Dashboard> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    while (this.types.length === 0 || !isSo(this.dashboard)) {
      // Something comes every second, so that this is noticed.
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
      // Closed by one side or the other.
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
