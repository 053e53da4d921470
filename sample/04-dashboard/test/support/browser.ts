/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's path. Set `CHROMIUM_PATH` on other systems. */
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Whether a browser is installed. With `BROWSER_REQUIRED=1`, a missing one fails the tests instead of skipping them. */
export const hasBrowser = process.env['BROWSER_REQUIRED'] === '1' || existsSync(CHROMIUM);

/** A browser for the tests. */
export class TestBrowser {
  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM }));
  }

  /** Opens a page without cookies or storage. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const opened = new OpenPage(await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

export class OpenPage {
  /** Errors of scripts, and what the console reports, such as violations of the Content-Security-Policy. */
  readonly errors: string[] = [];
  /** The answers of the server, by path: one of those that came at the same time. */
  readonly answers = new Map<string, string>();

  constructor(readonly page: Page) {
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.errors.push(message.text());
    });
    const reading = new Set<string>();
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      // An event stream does not end. Reading each of two hundred equal answers would slow the page down.
      if (pathname !== '/api/events' && !reading.has(pathname)) {
        reading.add(pathname);
        void response
          .text()
          .then(
            (text) => this.answers.set(pathname, text),
            () => undefined,
          )
          .finally(() => reading.delete(pathname));
      }
    });
  }

  /** Waits until the text of an element matches. */
  async text(selector: string, wanted: RegExp, timeout = 30_000): Promise<string> {
    await this.page.waitForFunction(
      ([where, source, flags]) =>
        new RegExp(source!, flags).test(document.querySelector(where!)?.textContent ?? ''),
      [selector, wanted.source, wanted.flags],
      { timeout },
    );
    return (await this.page.textContent(selector)) ?? '';
  }

  /** Waits until every panel of a sandbox has been read. */
  async filled(): Promise<void> {
    for (const panel of ['balance', 'tenants', 'ledger', 'spend', 'keys', 'budgets'])
      await this.text(`#${panel}-freshness`, /read \d+ s ago/);
  }

  /** The large figure, in dollars. */
  async spendable(): Promise<number> {
    return Number((await this.text('#spendable', /^\$/)).replace(/[$,]/g, ''));
  }

  /** Waits until the large figure is between two amounts. */
  async spendableBetween(low: number, high: number): Promise<void> {
    await this.page.waitForFunction(
      ([from, to]) => {
        const amount = Number(document.querySelector('#spendable')!.textContent.replace(/[$,]/g, ''));
        return amount >= from! && amount <= to!;
      },
      [low, high],
      { timeout: 15_000 },
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
