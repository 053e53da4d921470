import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { CLAIM, COMMIT, EXTEND, GIVE_UP, RELEASE } from '../../../lib/redis/spend-hold-scripts.js';
import { RESERVE } from '../../../lib/redis/spend-window-scripts.js';
import type { KillPoint, Step } from './kill-point.js';
import { readResp } from './resp.js';

/** What Redis has answered of a hold. */
export interface SeenHold {
  readonly id: string;
  readonly call: string;
  readonly nanoUsd: number;
  isAttached: boolean;
  /** `held`, or the state in which it ended. */
  state: string;
}

interface Command {
  readonly step: Step | undefined;
  readonly id: string;
  /** Of a reservation. */
  readonly nanoUsd: number;
  readonly note: string;
}

/** What processes run. */
export const SCRIPTS = [RESERVE, EXTEND, COMMIT, RELEASE, GIVE_UP, CLAIM];

const STEP_OF = new Map<string, Step>([
  [RESERVE.sha1, 'reserve'],
  [EXTEND.sha1, 'extend'],
  [COMMIT.sha1, 'commit'],
  [RELEASE.sha1, 'release'],
  [GIVE_UP.sha1, 'giveUp'],
]);

/** The state after a step that had an effect. */
const STATE_AFTER: Readonly<Partial<Record<Step, string>>> = {
  commit: 'settled',
  release: 'released',
  giveUp: 'provisional',
};

/** Stands between a process and a `redis-server`: sees each command to a hold, and kills the process at one of them. */
export class CommandProxy {
  /** By id. Also those of which the process has not learned. */
  readonly holds = new Map<string, SeenHold>();
  private readonly pending = new Set<Command>();

  private constructor(
    private readonly server: Server,
    private readonly redisPort: number,
    private readonly point: KillPoint,
  ) {
    server.on('connection', (client) => this.connect(client));
  }

  static async start(redisPort: number, point: KillPoint): Promise<CommandProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CommandProxy(server, redisPort, point);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Whether Redis has answered everything. */
  get isQuiet(): boolean {
    return this.pending.size === 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private connect(client: Socket): void {
    const redis = connect(this.redisPort, '127.0.0.1');
    const waiting: Command[] = [];
    client.on('error', () => undefined);
    redis.on('error', () => client.destroy());
    const endIfQuiet = (): void => {
      if (client.destroyed && waiting.length === 0) redis.destroy();
    };
    client.on('close', endIfQuiet);
    eachValue(client, (value, bytes) => {
      const command = this.commandOf(value);
      if (this.point.isReached) return;
      if (command.step !== undefined && !this.point.passes(command.step, 'before')) return;
      waiting.push(command);
      this.pending.add(command);
      redis.write(isClaim(value) ? withoutClaims(value) : bytes);
    });
    eachValue(redis, (value, bytes) => {
      const command = waiting.shift();
      if (command !== undefined) {
        this.pending.delete(command);
        this.note(command, value);
      }
      if (command?.step === undefined ? !this.point.isReached : this.point.passes(command.step, 'after')) {
        client.write(bytes);
      }
      endIfQuiet();
    });
  }

  private note({ step, id, nanoUsd, note }: Command, reply: unknown): void {
    const hold = this.holds.get(id);
    if (step === 'reserve') {
      if (Array.isArray(reply) && reply[0] === 'admitted' && hold === undefined) {
        const { scope } = JSON.parse(note) as { scope: { call: string } };
        this.holds.set(id, { id, call: scope.call, nanoUsd, isAttached: false, state: 'held' });
      }
    } else if (hold !== undefined && step !== undefined) {
      hold.isAttached ||= step === 'attach' && reply !== '';
      if (reply === 1) hold.state = STATE_AFTER[step] ?? hold.state;
    }
  }

  /** By the digest of its script. The first extension that names a generation attaches it. */
  private commandOf(value: unknown): Command {
    const [name, digest, keys, ...rest] = (value as string[]).map(String);
    const args = name!.toLowerCase() === 'evalsha' ? rest.slice(Number(keys)) : [];
    const [id = '', nanoUsd, , fourth = ''] = args;
    const found = STEP_OF.get(digest ?? '');
    const isFirst = fourth !== '' && this.holds.get(id)?.isAttached === false;
    const step = found === 'extend' && isFirst ? 'attach' : found;
    return { step, id, nanoUsd: Number(nanoUsd), note: fourth };
  }
}

/** Calls a function with each value that arrives, and with its bytes. */
function eachValue(socket: Socket, onValue: (value: unknown, bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let found = readResp(rest, 0); found !== undefined; found = readResp(rest, 0)) {
      const bytes = rest.subarray(0, found.end);
      rest = rest.subarray(found.end);
      onValue(found.value, bytes);
    }
  });
}

function isClaim(value: unknown): value is readonly string[] {
  return (value as string[])[1] === CLAIM.sha1;
}

/** The same command for none: one process alone is to find what the others leave, so that its list is complete. */
function withoutClaims([name, digest, keys, key, , ...rest]: readonly string[]): string {
  const parts = [name!, digest!, keys!, key!, '0', ...rest];
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}
