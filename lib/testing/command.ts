#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELP, flagProblem, readCommandLine } from './command-line.js';
import { OpenRouterSandbox } from './openrouter-sandbox.js';
import type { OpenRouterSandboxOptions } from './sandbox-options.js';

/** Exit codes: the sandbox could not start; the arguments are wrong. */
const FAILED = 1;
const MISUSED = 2;

/** The interval at which to check whether npx is still running. */
const NPX_LOOK_MS = 250;

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

async function main(args: readonly string[]): Promise<number> {
  const command = readCommandLine(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return 0;
    case 'mistake':
      return fail(MISUSED, command.problem);
    case 'sandbox':
      return runSandbox(command.options);
  }
}

/** Runs until a signal ends it. */
async function runSandbox(options: OpenRouterSandboxOptions): Promise<number> {
  // Before the start, so that no early signal is missed.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    whenNpxEnds(resolve);
  });
  let sandbox: OpenRouterSandbox;
  try {
    sandbox = await OpenRouterSandbox.start(options);
  } catch (error) {
    const problem = flagProblem(error as Error);
    return problem === undefined
      ? fail(FAILED, (error as Error).message.replace(/^OpenRouterSandbox\.start: /, ''))
      : fail(MISUSED, problem);
  }
  sandbox.server.ref();
  // Nothing else goes to standard output, so that it can be redirected to a file.
  const fault = await written(
    `OPENROUTER_BASE_URL=${sandbox.baseUrl}\n` +
      `OPENROUTER_API_KEY=${sandbox.apiKey}\n` +
      `OPENROUTER_MANAGEMENT_KEY=${sandbox.managementKey}\n`,
  );
  if (fault !== undefined) {
    await sandbox.stop();
    return fail(FAILED, `the address and the keys cannot be written: ${fault.message}`);
  }
  process.stderr.write('The sandbox is listening. Ctrl-C ends it.\n');
  await ended;
  await sandbox.stop();
  return 0;
}

/**
 * Calls a function when npx, if it started this process, has ended. A signal sent to npx ends npx and the shell between
 * the two, and does not reach this process.
 */
function whenNpxEnds(callback: () => void): void {
  if (process.env['npm_command'] !== 'exec') return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    callback();
  }, NPX_LOOK_MS).unref();
}

/** Writes to standard output. Resolves with the error if that fails. */
function written(text: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    process.stdout.on('error', resolve);
    process.stdout.write(text, (error) => resolve(error ?? undefined));
  });
}

function fail(code: number, problem: string): number {
  const hint = code === MISUSED ? ' Try: nestjs-openrouter --help' : '';
  process.stderr.write(`nestjs-openrouter: ${problem}.${hint}\n`);
  return code;
}

function version(): string {
  const manifest = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
