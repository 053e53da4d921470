/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { ChatPage, hasBrowser, launchBrowser } from '../support/browser.js';
import { Program } from '../support/program.js';

const COST = 0.061234567;

(hasBrowser ? describe : describe.skip)('the page', () => {
  let browser: Browser;
  let sandbox: OpenRouterSandbox;
  let folder: string;
  let program: Program;
  let url: string;
  let pages: ChatPage[] = [];

  async function open(options?: BrowserContextOptions): Promise<ChatPage> {
    const page = await ChatPage.open(browser, url, options);
    pages.push(page);
    return page;
  }

  beforeAll(async () => {
    browser = await launchBrowser();
    sandbox = await OpenRouterSandbox.start({ completionCost: COST });
    folder = await mkdtemp(join(tmpdir(), 'tenant-chat-'));
    program = new Program({
      OPENROUTER_API_KEY: sandbox.apiKey,
      OPENROUTER_BASE_URL: sandbox.baseUrl,
      DATA_FOLDER: folder,
    });
    url = await program.url();
  }, 60_000);

  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    pages = [];
    sandbox.clearCharges();
    sandbox.clearRequests();
    sandbox.onCompletion(undefined);
  });

  afterAll(async () => {
    await browser.close();
    await program.kill();
    await sandbox.stop();
    await rm(folder, { recursive: true });
  });

  it('holds a conversation, shows what is left, and refuses in its middle until the plan is changed', async () => {
    const chat = await open();
    await chat.text(
      '#limits',
      /^\$20\.00 of \$20\.00 left tenant per month.*\$2\.00 of \$2\.00 left user per day/,
    );
    await chat.signIn('zoe');
    await chat.text(
      '#limits',
      /^\$0\.50 of \$0\.50 left tenant per day\$0\.00 spent\. Starts over at \d\d:\d\d, in \d+ (h|min)\.$/,
    );
    for (let number = 1; number <= 8; number += 1) {
      await chat.answer(`Question ${number}`, number);
      await chat.text(
        '#limits',
        new RegExp(`\\$${(COST * number).toFixed(9).replace(/0{1,7}$/, '')} spent\\.`),
      );
    }
    expect(await chat.page.textContent('#messages')).toMatch(
      /^You: Question 1Assistant: Hello from the sandbox\.cost \$0\.061234567/,
    );
    expect(await chat.page.isVisible('#notice')).toBe(false);
    await chat.ask('One more?');
    await chat.text(
      '#notice',
      /^The limit of \$0\.50 \(tenant per day\) does not allow another answer\. You can go on at \d\d:\d\d, in \d+ (h|min)\.$/,
    );
    // The question is still there, to be asked again.
    expect(await chat.page.inputValue('#question')).toBe('One more?');
    expect(await chat.barriers()).toEqual([]);
    await chat.page.click('#change-plan');
    await chat.text('#plan', /^Team plan of zoe$/);
    await chat.answer('One more?', 9);
    expect(await chat.page.isVisible('#notice')).toBe(false);
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/chat/completions'))).toHaveLength(9);
    const { body } = sandbox.requests.at(-1)!;
    expect((body as { messages: unknown[] }).messages).toHaveLength(17);
    // Chromium reports the 402 in its console.
    expect(chat.errors).toEqual([expect.stringContaining('402')]);
  }, 60_000);

  it('stops an answer, shows what is reserved for it, and keeps what was said', async () => {
    sandbox.onCompletion(() => ({ chunks: 2_000, chunkDelayMs: 20 }));
    const chat = await open();
    await chat.ask('Tell me a story');
    await chat.text('#messages', /Hello from/);
    await chat.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await chat.text('#limits', /\$0\.07 reserved for answers under way/);
    await chat.page.click('#stop');
    await chat.text('#messages', /stopped$/);
    expect(await chat.page.isVisible('#stop')).toBe(false);
    await chat.text('#limits', /user per day\$0\.00\d+ spent\. Starts/);
    expect(sandbox.charges).toMatchObject([{ isCancelled: true }]);
    expect(await chat.page.evaluate(() => document.activeElement!.id)).toBe('question');
    expect(chat.errors).toEqual([]);
  });

  it('shows what a model says as plain text', async () => {
    const chat = await open();
    await chat.ask('<img src=x onerror="document.title=1">');
    await chat.text('#messages', /cost/);
    expect(await chat.page.locator('#messages img').count()).toBe(0);
    expect(await chat.page.content()).not.toContain('sk-or-');
    expect(chat.errors).toEqual([]);
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 320, height: 640 } }],
  ] as const)('is accessible: %s', async (_name, options) => {
    const chat = await open(options);
    await chat.answer('Hello', 1);
    expect(await chat.barriers()).toEqual([]);
    const overflow = await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  // Last, because it stops the server.
  it('works with the keyboard alone, and says when the server is gone', async () => {
    const chat = await open();
    const { keyboard } = chat.page;
    const order: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      await keyboard.press('Tab');
      order.push(
        await chat.page.evaluate(() => document.activeElement!.id || document.activeElement!.className),
      );
    }
    expect(order).toEqual(['skip', 'person', 'messages', 'question', 'send', 'change-plan']);
    await chat.page.focus('#question');
    await keyboard.type('Hello');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await chat.text('#messages', /cost/);
    await program.kill();
    await chat.ask('Still there?');
    await chat.text('#notice', /^The server does not answer\.$/);
    await chat.text('#usage-problem', /^What is left is not known at the moment\.$/);
  });
});
