import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Command, type Exit, SampleProgram } from '../support/sample-program.js';
import { sleep } from '../support/waiting.js';

const run = promisify(execFile);

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

let folder: string;
let bin: string;
let version: string;
const running: Program[] = [];

// What npm installs, and nothing else: no dependency stands beside it.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-openrouter-command-'));
  await run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
  const [tarball] = await readdir(folder);
  await run('tar', ['-xzf', tarball!], { cwd: folder });
  const manifest = JSON.parse(await readFile(join(folder, 'package/package.json'), 'utf8')) as {
    name: string;
    version: string;
    bin: Record<string, string>;
  };
  // `npx NAME` runs the command that has the package's own name.
  bin = join('package', manifest.bin[manifest.name]!);
  version = manifest.version;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

class Program extends SampleProgram {
  constructor(args: readonly string[], command: Command = [process.execPath, bin], cwd = folder) {
    super(
      {
        folder: pathToFileURL(`${cwd}/`),
        main: bin,
        announcement: /^OPENROUTER_BASE_URL=(\S+)\n.*\n.*\n/,
      },
      // What npx sets, if it runs these tests.
      { npm_command: '' },
      [...command, ...args],
    );
    running.push(this);
  }
}

/** In a folder whose package has the command, npx runs that one and installs nothing. */
function npx(args: readonly string[]): Program {
  return new Program(args, ['npx', '--no', 'nestjs-openrouter'], join(folder, 'package'));
}

/** What a line for a `.env` file says. */
function variable(program: Program, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(program.stdout)![1]!;
}

async function ended(args: readonly string[]): Promise<Exit & { stdout: string; stderr: string }> {
  const program = new Program(args);
  const exit = await program.exit;
  return { ...exit, stdout: program.stdout, stderr: program.stderr };
}

describe('nestjs-openrouter sandbox', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'serves an account until %s, and ends with code 0',
    async (signal) => {
      const program = new Program(['sandbox', '--credits', '5', '--completion-cost', '1.25']);
      const baseUrl = await program.url();
      expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/api\/v1$/);
      const ask = async (path: string, key: string, init?: RequestInit): Promise<any> =>
        (await fetch(baseUrl + path, { ...init, headers: { authorization: `Bearer ${key}` } })).json();
      const [apiKey, managementKey] = ['OPENROUTER_API_KEY', 'OPENROUTER_MANAGEMENT_KEY'].map((name) =>
        variable(program, name),
      ) as [string, string];
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }] });
      expect(await ask('/chat/completions', apiKey, { method: 'POST', body })).toMatchObject({
        usage: { cost: 1.25 },
      });
      expect(await ask('/credits', managementKey)).toEqual({ data: { total_credits: 5, total_usage: 1.25 } });
      expect(await program.end(signal)).toEqual({ code: 0, signal: null });
      expect(program.stdout.split('\n')).toHaveLength(4);
      expect(program.stderr).toBe('The sandbox is listening. Ctrl-C ends it.\n');
      await expect(fetch(baseUrl)).rejects.toThrow();
    },
  );

  it('ends with npx, which passes no signal on to it', async () => {
    const program = npx(['sandbox']);
    const baseUrl = await program.url();
    // The end of the output, too: whoever still has the other end of the pipe runs on.
    await program.end('SIGTERM');
    await expect(fetch(baseUrl)).rejects.toThrow();
  });

  it('outlives a shell that has started it in the background', async () => {
    const script = `${process.execPath} ${bin} sandbox & echo $! > pid`;
    const shell = new Program([], ['sh', '-c', script]);
    const baseUrl = await shell.url();
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    try {
      await sleep(1_000);
      expect((await fetch(baseUrl)).status).toBe(404);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
  });

  it('says why it ends where its lines cannot be written', async () => {
    const full = new Program([], ['sh', '-c', `exec ${process.execPath} ${bin} sandbox > /dev/full`]);
    expect(await full.exit).toEqual({ code: 1, signal: null });
    expect(full.stderr).toMatch(
      /^nestjs-openrouter: the address and the keys cannot be written: .*ENOSPC.*\.\n$/,
    );
  });

  it('takes the port and the keys that it is given', async () => {
    const first = new Program(['sandbox', '--api-key', 'sk-or-v1-a', '--management-key', 'sk-or-v1-m']);
    const { port } = new URL(await first.url());
    expect(variable(first, 'OPENROUTER_API_KEY')).toBe('sk-or-v1-a');
    expect(variable(first, 'OPENROUTER_MANAGEMENT_KEY')).toBe('sk-or-v1-m');

    expect(await ended(['sandbox', '--port', port])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `nestjs-openrouter: port ${port} of 127.0.0.1 is already in use; pass another port, or none to get a free one.\n`,
    });
    await first.end('SIGINT');
    const second = new Program(['sandbox', `--port=${port}`]);
    expect(new URL(await second.url()).port).toBe(port);
  });

  it.each([
    ['sandbox --prot 4010', 'there is no option --prot'],
    ['sandbox --port 99999', '--port must be a whole number from 0 to 65535; got 99999'],
    ['sandbox --coinbase never', '--coinbase must be one of "gone", "onchain", "hosted"; got \'never\''],
    ['serve', 'there is one command: sandbox'],
    ['', 'there is one command: sandbox'],
  ])('refuses %j with code 2', async (args, problem) => {
    expect(await ended(args.split(' ').filter(Boolean))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `nestjs-openrouter: ${problem}. Try: nestjs-openrouter --help\n`,
    });
  });

  it('tells its version and how it is used', async () => {
    expect(await ended(['--version'])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
    const { stdout, ...rest } = await ended(['sandbox', '--help']);
    expect(rest).toEqual({ code: 0, signal: null, stderr: '' });
    expect(stdout).toMatch(/^Usage: nestjs-openrouter sandbox \[options\]\n/);
  });
});
