/// <reference lib="dom" />
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's path. Set `CHROMIUM_PATH` on other systems. */
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Whether a browser is installed. With `BROWSER_REQUIRED=1`, a missing one fails the tests instead of skipping them. */
export const hasBrowser = process.env['BROWSER_REQUIRED'] === '1' || existsSync(CHROMIUM);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM });
}

/** The page of the chat, as somebody sees it. */
export class ChatPage {
  /** Errors of scripts, and what the console reports, such as violations of the Content-Security-Policy. */
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.errors.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<ChatPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const opened = new ChatPage(await context.newPage());
    await opened.page.goto(url);
    await opened.text('#limits', /left/);
    return opened;
  }

  /** Waits until the text of an element matches. */
  async text(selector: string, wanted: RegExp): Promise<string> {
    await this.page.waitForFunction(
      ([where, source, flags]) =>
        new RegExp(source!, flags).test(document.querySelector(where!)?.textContent ?? ''),
      [selector, wanted.source, wanted.flags],
      { timeout: 15_000 },
    );
    return (await this.page.textContent(selector)) ?? '';
  }

  async signIn(person: string): Promise<void> {
    await this.page.selectOption('#person', person);
    await this.text('#plan', person === 'zoe' ? /of zoe$/ : /of acme$/);
  }

  /** Sends a question. */
  async ask(question: string): Promise<void> {
    await this.page.fill('#question', question);
    await this.page.press('#question', 'Enter');
  }

  /** Sends a question, and waits for the cost of the answer to the last of so many. */
  async answer(question: string, number: number): Promise<void> {
    await this.ask(question);
    await this.page.waitForFunction(
      (count) => document.querySelectorAll('#messages small').length === count,
      number,
    );
  }

  /** The serious problems that axe finds. */
  async barriers(): Promise<string[]> {
    // Through the debugger, because the page allows no foreign scripts.
    const violations = await this.page.evaluate(`${AXE}; axe.run().then(({ violations }) => violations)`);
    return (violations as { id: string; impact: string; nodes: { html: string }[] }[])
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
