import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  }
});

/** Runs a script to its own end, in a process that nothing else ends. */
async function run(script: string): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { output, code };
}

const SANDBOX = `
  import { once } from 'node:events';
  import { connect } from 'node:net';
  import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
  const sandbox = await OpenRouterSandbox.start();
  const ask = (path = '/credits') =>
    fetch(sandbox.baseUrl + path, { headers: { authorization: 'Bearer ' + sandbox.managementKey } });
  const connected = async () => {
    const client = connect(new URL(sandbox.baseUrl).port, '127.0.0.1');
    await once(client, 'connect');
    return client;
  };
`;

describe('a sandbox that is never stopped', () => {
  it.each([
    ['at once', ''],
    ['after requests, whose connections are still open', 'await (await ask()).text();'],
    [
      'while a request is half sent',
      `const client = await connected();
       await new Promise((resolve) => client.write('GET /', resolve));
       client.unref();`,
    ],
    [
      'while an answer is late',
      `sandbox.latencyMs = 2_147_483_647;
       const client = await connected();
       client.write('GET /api/v1/credits HTTP/1.1\\r\\nHost: sandbox\\r\\n\\r\\n');
       while (sandbox.requests.length === 0) await new Promise(setImmediate);
       client.unref();`,
    ],
  ])('lets its process end: %s', async (_title, use) => {
    expect(await run(`${SANDBOX}\n${use}\nconsole.log('done');`)).toEqual({ output: 'done\n', code: 0 });
  });

  it('lets a test runner end whose `before` has failed', async () => {
    const { output, code } = await run(`
      import { before, test } from 'node:test';
      import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
      before(async () => {
        await OpenRouterSandbox.start();
        throw new Error('what comes after it has failed');
      });
      test('never begins', () => undefined);
    `);
    expect(output).toContain('what comes after it has failed');
    expect(code).toBe(1);
  });

  it('answers as long as somebody waits', async () => {
    const use = `
      sandbox.latencyMs = 50;
      for (let i = 0; i < 3; i += 1) console.log((await ask()).status);
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }], stream: true });
      const { status } = await fetch(sandbox.baseUrl + '/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + sandbox.apiKey },
        body,
      }).then(async (response) => (await response.text(), response));
      console.log(status);
    `;
    expect(await run(SANDBOX + use)).toEqual({ output: '200\n200\n200\n200\n', code: 0 });
  });
});
