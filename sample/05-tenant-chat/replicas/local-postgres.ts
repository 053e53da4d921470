import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian's folder, which is not in the `PATH`. */
const DEBIAN = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; `undefined` if it is not installed. */
export function findPostgres(): string | undefined {
  const path = process.env['PATH']?.split(delimiter) ?? [];
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin'))
    : [];
  return [...path, ...versions].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
}

/** A PostgreSQL of this machine with a database that is deleted in the end. */
export class LocalPostgres {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly server: ChildProcess,
  ) {}

  static async start(programs: string): Promise<LocalPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'tenant-chat-'));
    const data = join(folder, 'data');
    await mkdir(data);
    const user = databaseUser();
    if (user !== undefined) {
      for (const owned of [folder, data]) await chown(owned, user.uid, user.gid);
    }
    const run = { ...user, cwd: folder, env: { ...process.env, LC_ALL: 'C' } };
    execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'chat', '-A', 'trust', '-E', 'UTF8'], run);
    const port = await freePort();
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='].flatMap((text) => [
      '-c',
      text,
    ]);
    const server = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...run,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await ready(server);
    return new LocalPostgres(`postgres://chat@127.0.0.1:${port}/postgres`, folder, server);
  }

  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      // Does not wait for clients.
      this.server.kill('SIGINT');
      await once(this.server, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root. Debian has made a user for it. */
function databaseUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ready(server: ChildProcess): Promise<void> {
  let log = '';
  const ended = once(server, 'exit').then(() => Promise.reject(new Error(`PostgreSQL has ended:\n${log}`)));
  const listening = new Promise<void>((resolve) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('ready to accept connections')) resolve();
    });
  });
  await Promise.race([listening, ended]);
  ended.catch(() => undefined);
}
