#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELP, flagProblem, readCommandLine } from './command-line.js';
import { OpenRouterSandbox } from './openrouter-sandbox.js';
import type { OpenRouterSandboxOptions } from './sandbox-options.js';

/** Exit codes: what was asked for could not be done; what was typed makes no sense. */
const FAILED = 1;
const MISUSED = 2;

/** How often to look whether npx is still there. */
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
  // Before the start, so that no signal comes too early to be obeyed.
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
  // Alone on standard output, so that they can be sent to a file.
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
 * Calls a function when npx, where that has started this process, is gone. A signal that npx is sent ends it and the
 * shell between the two, and never comes here.
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

/** Writes to standard output, and resolves with what has prevented it. */
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
