// Takes the pictures in docs/images: the compiled program on a busy sandbox.
//
//   npm run screenshots -w sample/04-dashboard
/* global document -- of the page */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const here = import.meta.dirname;
const images = join(here, '../../docs/images');
const wide = { viewport: { width: 1280, height: 1240 } };
const PICTURES = {
  'dashboard-light': { ...wide, colorScheme: 'light' },
  'dashboard-dark': { ...wide, colorScheme: 'dark' },
  'dashboard-phone': { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: 'light' },
};

const { OPENROUTER_API_KEY: _apiKey, OPENROUTER_MANAGEMENT_KEY: _managementKey, ...env } = process.env;
const program = spawn(process.execPath, ['dist/src/main.js'], {
  cwd: here,
  env: { ...env, PORT: '0', HOST: '127.0.0.1' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium' });
try {
  const url = await announcedUrl();
  const page = await (await browser.newContext(wide)).newPage();
  await page.goto(url);
  await makeHistory(page);
  mkdirSync(images, { recursive: true });
  const views = new Map();
  for (const [name, options] of Object.entries(PICTURES)) {
    const view = await (await browser.newContext(options)).newPage();
    await view.goto(url);
    await view.waitForSelector('#budgets li');
    views.set(name, view);
  }
  await views.get('dashboard-phone').evaluate(() => document.querySelector('.tenants').scrollIntoView());
  // Money of each kind at the same time: held for a stream, and unsettled after a crash.
  await page.click('#crash');
  await page.waitForFunction(isEverythingDrawn, undefined, { timeout: 120_000 }).catch(() => undefined);
  for (const [name, view] of views) await view.screenshot({ path: join(images, `${name}.png`) });
} finally {
  await browser.close();
  program.kill();
}

/** Spends, has an outage, tops up, and reaches a limit. */
async function makeHistory(page) {
  await sleep(12_000);
  await page.click('#spend-money');
  await sleep(8_000);
  await page.check('[value="outage"]');
  await sleep(12_000);
  await page.check('[value="normal"]');
  await sleep(8_000);
  await page.click('#top-up');
  await sleep(8_000);
  await page.click('#burst');
  await sleep(20_000);
}

/** In the page. */
function isEverythingDrawn() {
  const widths = ['held', 'unsettled'].map((part) =>
    parseFloat(document.querySelector(`[data-tenant="acme"] .part-${part}`).style.width),
  );
  return widths.every((width) => width > 0);
}

async function announcedUrl() {
  let output = '';
  program.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  for (;;) {
    const url = /^Dashboard +(\S+)$/m.exec(output)?.[1];
    if (url !== undefined) return url;
    if (program.exitCode !== null) throw new Error(`The program has not started:\n${output}`);
    await sleep(100);
  }
}
