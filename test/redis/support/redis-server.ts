import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this machine has a Redis to test with. Where it must have one, tests that find none are to fail. */
export const HAS_REDIS =
  process.env['REDIS_REQUIRED'] === '1' || spawnSync('redis-server', ['--version']).status === 0;

/** A `redis-server` of a test's own, on a free port, that keeps nothing on disk. */
export class RedisServer {
  /** @internal */
  private process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /**
   * @param withinMs - After it, one that is not ready is ended. Shorter than Jest's limit, which would leave it behind.
   * @param settings - Further arguments of `redis-server`.
   */
  static async start(
    primary?: RedisServer,
    withinMs = 20_000,
    settings: readonly string[] = [],
  ): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'redis-')), settings);
    try {
      await server.run(primary, withinMs);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Starts it again, empty, or as a replica of another one. */
  async run(primary?: RedisServer, withinMs = 20_000): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', this.folder];
    args.push('--repl-diskless-sync-delay', '0', ...this.settings);
    if (primary !== undefined) args.push('--replicaof', '127.0.0.1', String(primary.port));
    // Jest gives the tests an environment of their own.
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
    this.process = child;
    let log = '';
    let isReady = false;
    // Ends the output as well.
    const limit = setTimeout(() => child.kill('SIGKILL'), withinMs);
    for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      log += text;
      isReady = log.includes('Ready to accept connections');
      if (isReady) {
        break;
      }
    }
    clearTimeout(limit);
    child.stdout.destroy();
    if (!isReady) {
      throw new Error(`redis-server was not ready within ${withinMs} ms: ${log}`);
    }
  }

  /** Stops answering, with its connections open. */
  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    this.process?.kill('SIGCONT');
  }

  /** Ends it, with everything that it holds. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (child?.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
