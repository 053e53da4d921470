import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { type Command, Program } from './support/program.js';

const ENDED = { code: 0, signal: null };
const REFUSED = { code: 1, signal: null };

const programs: Program[] = [];

function run(env?: Record<string, string>, command?: Command): Program {
  const program = new Program(env, command);
  programs.push(program);
  return program;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
});

describe('without a key', () => {
  it('runs on a sandbox, and says so before anything else', async () => {
    const program = run();
    const url = await program.url();

    expect(program.firstLine).toMatch(/^Account: a sandbox at http:\/\/127\.0\.0\.1:\d+\/api\/v1 /);
    expect(program.firstLine).toContain(
      'OPENROUTER_API_KEY is not set, OPENROUTER_MANAGEMENT_KEY is not set',
    );
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(program.stdout).toContain(`${url}/docs\n`);
    expect(program.stdout.match(/^ {2}curl http/gm)).toHaveLength(3);
    expect(program.output).not.toContain('sk-or-');
    await expect((await fetch(`${url}/credits`)).json()).resolves.toMatchObject({ balance: 74.75 });
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    await expect(program.end('SIGTERM')).resolves.toEqual(ENDED);
  });

  it('treats a blank key as none', async () => {
    const program = run({ OPENROUTER_API_KEY: ' ', OPENROUTER_MANAGEMENT_KEY: '' });
    await program.url();

    expect(program.firstLine).toContain('a sandbox');
    expect(program.firstLine).toContain('OPENROUTER_API_KEY is blank, OPENROUTER_MANAGEMENT_KEY is blank');
  });
});

describe('with a key', () => {
  it('names the kinds of keys and the host, and shows no key', async () => {
    await using sandbox = await OpenRouterSandbox.start();
    const { apiKey, managementKey, baseUrl } = sandbox;
    const program = run({
      OPENROUTER_API_KEY: apiKey,
      OPENROUTER_MANAGEMENT_KEY: managementKey,
      OPENROUTER_BASE_URL: baseUrl,
    });
    const url = await program.url();

    expect(program.firstLine).toBe(`Account: API key and management key on ${new URL(baseUrl).host}`);
    await expect((await fetch(`${url}/credits`)).json()).resolves.toMatchObject({ balance: 74.75 });
    expect(sandbox.requests).toMatchObject([{ path: '/api/v1/credits', key: 'management' }]);
    expect(program.output).not.toContain('sk-or-');
  });

  it('says what an ordinary key alone cannot do', async () => {
    const program = run({ OPENROUTER_API_KEY: 'sk-or-v1-0123456789abcdef' });
    await program.url();

    expect(program.firstLine).toBe('Account: API key on openrouter.ai (GET /credits needs a management key)');
    expect(program.output).not.toContain('0123456789');
  });
});

describe('Ctrl-C', () => {
  it('ends the program at once, whatever connections are open', async () => {
    const program = run();
    const url = new URL(await program.url());
    // Browsers open connections before they use them.
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    // Once a later connection got an answer, the program has accepted this one.
    await fetch(`${url.origin}/credits`);

    // Waiting for the connection would take a minute, which is longer than a test may.
    await expect(program.end('SIGINT')).resolves.toEqual(ENDED);
    expect(program.stderr).toBe('');
    socket.destroy();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('reaches the program through npm as %s', async (signal) => {
    // Skips `prestart`, which would build again.
    const program = run({}, ['npm', 'start', '--silent', '--ignore-scripts']);
    await program.url();

    expect(program.firstLine).toContain('a sandbox');
    await expect(program.end(signal)).resolves.toEqual(ENDED);
  });
});

describe('a start that cannot work', () => {
  it.each([
    ['PORT=abc', { PORT: 'abc' }, 'PORT=abc is not a port'],
    ['PORT=65536', { PORT: '65536' }, 'PORT=65536 is not a port'],
    ['a foreign HOST', { HOST: '192.0.2.1' }, 'HOST=192.0.2.1 is not an address of this machine'],
    ['a malformed key', { OPENROUTER_API_KEY: 'sk-or-v1-secret secret' }, '`apiKey` has a character'],
    [
      'a pasted header',
      { OPENROUTER_MANAGEMENT_KEY: 'Bearer sk-secret' },
      '`managementKey` must be the key alone',
    ],
    [
      'a base URL in clear text',
      { OPENROUTER_API_KEY: 'sk-secret', OPENROUTER_BASE_URL: 'http://example.com/api/v1' },
      '`baseUrl` must use https:',
    ],
  ])('%s: one line and exit code 1', async (_name, env, reason) => {
    const program = run(env);

    await expect(program.exit).resolves.toEqual(REFUSED);
    expect(program.stderr).toMatch(/^Cannot start\. [^\n]+\n$/);
    expect(program.stderr).toContain(reason);
    expect(program.output).not.toContain('secret');
  });

  it('names another port when its own is taken', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const program = run({ PORT: String(port) });

    await expect(program.exit).resolves.toEqual(REFUSED);
    expect(program.stderr).toMatch(
      /^Cannot start\. Port \d+ of 127\.0\.0\.1 is taken[^\n]+: PORT=\d+ npm start\n$/,
    );
    expect(program.stderr).toContain(`Port ${port} `);
    server.close();
  });
});
