import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What a program has printed, and how it ended. */
export interface Run {
  readonly output: string;
  readonly code: number;
}

/** A project of its own, outside the repository, into which packages are installed as a user does it. */
export interface ScratchProject {
  readonly folder: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a program in the project, both of its streams together. */
  run(command: string, ...args: string[]): Promise<Run>;
  remove(): Promise<void>;
}

let tarball: Promise<string> | undefined;

/** Path of the packed package; packed once. */
export function packPackage(): Promise<string> {
  tarball ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-openrouter-pack-'));
    await execute('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
    const [name] = await readdir(folder);
    return join(folder, name!);
  })();
  return tarball;
}

/** Removes the packed package. */
export async function removePackage(): Promise<void> {
  if (tarball !== undefined) {
    await rm(dirname(await tarball), { recursive: true, force: true });
  }
}

/** Makes a project and installs the packed package and others into it. */
export async function createProject(
  manifest: Readonly<Record<string, unknown>>,
  dependencies: Readonly<Record<string, string>>,
  npm: readonly string[] = ['npm'],
): Promise<ScratchProject & { readonly installation: Run }> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-openrouter-consumer-'));
  const project: ScratchProject = {
    folder,
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    },
    run: (command, ...args) => runIn(folder, command, args),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  const all = { ...dependencies, 'nestjs-openrouter': `file:${await packPackage()}` };
  await project.write({ 'package.json': JSON.stringify({ private: true, ...manifest, dependencies: all }) });
  const [command, ...args] = npm;
  const installation = await project.run(
    command!,
    ...args,
    'install',
    // What one project has downloaded is not asked for again by the next.
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  );
  return { ...project, installation };
}

async function runIn(folder: string, command: string, args: readonly string[]): Promise<Run> {
  try {
    const { stdout, stderr } = await execute(command, args, { cwd: folder, maxBuffer: 64 * 1_048_576 });
    return { output: `${stdout}${stderr}`, code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { output: `${stdout}${stderr}`, code };
  }
}
