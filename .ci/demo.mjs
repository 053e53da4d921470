// Runs the README's first command as a person does: starts the demo, looks at it, and ends it with Ctrl-C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Enough for the builds before the start on a busy machine. */
const START_MS = 300_000;
const STOP_MS = 10_000;

const { OPENROUTER_API_KEY: _apiKey, OPENROUTER_MANAGEMENT_KEY: _managementKey, ...env } = process.env;
// A group of its own: a terminal sends Ctrl-C to every process of the group.
const demo = spawn('npm', ['start'], {
  env: { ...env, PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
const timer = setTimeout(() => fail('The demo has not started in time.'), START_MS);

let output = '';
demo.stdout.setEncoding('utf8').on('data', (text) => {
  output += text;
});

const url = await announcedUrl();
clearTimeout(timer);
const page = await fetch(url);
const spendable = await shownBalance();
if (page.status !== 200 || !(spendable > 0)) {
  fail(`GET ${url} answered ${page.status}, and the dashboard shows ${spendable}.`);
}

setTimeout(() => fail('The demo has not ended in time.'), STOP_MS).unref();
process.kill(-demo.pid, 'SIGINT');
const [code] = await once(demo, 'exit');
console.log(output);
console.log(`The dashboard showed ${spendable} dollars, and ended with code ${code}.`);
process.exit(code === 0 ? 0 : 1);

/** What the page shows as spendable, of the stream that it gets. */
async function shownBalance() {
  const events = await fetch(`${url}/api/events`, { signal: AbortSignal.timeout(START_MS) });
  let text = '';
  for await (const chunk of events.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const spendable = /"spendable":([\d.]+)/.exec(text)?.[1];
    if (spendable !== undefined) return Number(spendable);
  }
  return undefined;
}

async function announcedUrl() {
  for (;;) {
    const match = /http:\/\/127\.0\.0\.1:[1-9]\d*(?!\S*\/api\/v1)/.exec(output);
    if (match !== null) {
      return match[0];
    }
    await once(demo.stdout, 'data');
  }
}

function fail(reason) {
  console.error(output, reason);
  process.kill(-demo.pid, 'SIGKILL');
  process.exit(1);
}
