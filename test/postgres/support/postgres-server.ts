import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of the newest PostgreSQL that Debian has installed here. */
const PROGRAMS = newestPrograms();

/** Whether this machine has a PostgreSQL to test with. Where it must have one, tests that find none are to fail. */
export const HAS_POSTGRES = process.env['POSTGRES_REQUIRED'] === '1' || PROGRAMS !== undefined;

/** A PostgreSQL server of a test's own, on a free port, in a folder that is removed with it. */
export class PostgresServer {
  /** @internal */
  private process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings - Settings of the server, for example `fsync=on`: without, a crash of the machine loses data. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    const owner = ownerOf();
    if (owner.uid !== undefined) chownSync(folder, owner.uid, Number(owner.gid));
    chmodSync(folder, 0o700);
    const server = new PostgresServer(await freePort(), folder, settings);
    try {
      run('initdb', ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
      await server.run();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The address of the database. */
  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it again after {@link kill}, with what it has on disk. */
  async run(): Promise<void> {
    const given = ['fsync=off', 'listen_addresses=127.0.0.1', `port=${this.port}`, ...this.settings];
    const settings = [...given, `unix_socket_directories=${this.folder}`, 'max_connections=200'];
    const args = ['-D', this.folder, ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(programOf('postgres'), args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Jest gives the tests an environment of their own.
      env: { ...process.env, LC_ALL: 'C' },
      cwd: '/',
      ...ownerOf(),
    });
    this.process = child;
    let log = '';
    let isReady = false;
    for await (const text of child.stderr.setEncoding('utf8') as AsyncIterable<string>) {
      log += text;
      isReady = log.includes('ready to accept connections');
      if (isReady) {
        break;
      }
    }
    // A full pipe would stop the server.
    child.stderr.destroy();
    if (!isReady) {
      throw new Error(`PostgreSQL has not become ready: ${log}`);
    }
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child?.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      // An immediate shutdown: the children end as well, and the next start has to recover.
      child.kill('SIGQUIT');
      await exited;
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function newestPrograms(): string | undefined {
  try {
    const versions = readdirSync('/usr/lib/postgresql').map(Number);
    return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
  } catch {
    return undefined;
  }
}

function programOf(name: string): string {
  return join(PROGRAMS ?? '/usr/lib/postgresql', name);
}

function run(name: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(programOf(name), args, { encoding: 'utf8', cwd: '/', ...ownerOf() });
  if (status !== 0) {
    throw new Error(`${name} has failed: ${stderr}`);
  }
}

/** PostgreSQL refuses to be run by root. */
function ownerOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const idOf = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
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
