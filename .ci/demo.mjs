// Runs the README's first command as a person does: starts the demo, asks it, and ends it with Ctrl-C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const START_MS = 60_000;
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
const response = await fetch(`${url}/credits`);
const { balance } = await response.json();
if (response.status !== 200 || balance !== 74.75) {
  fail(`GET ${url}/credits answered ${response.status} with the balance ${balance}.`);
}

setTimeout(() => fail('The demo has not ended in time.'), STOP_MS).unref();
process.kill(-demo.pid, 'SIGINT');
const [code] = await once(demo, 'exit');
console.log(output);
console.log(`The demo answered with a balance of ${balance}, and ended with code ${code}.`);
process.exit(code === 0 ? 0 : 1);

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
