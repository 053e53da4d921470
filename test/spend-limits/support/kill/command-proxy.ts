import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { KillPoint } from './kill-point.js';
import type { SeenAnswer, SeenCommand, StoreProtocol } from './store-protocol.js';

/** What the store has answered of a hold. */
export interface SeenHold {
  readonly id: string;
  readonly call: string;
  readonly nanoUsd: number;
  isAttached: boolean;
  /** `held`, or the state in which it ended. */
  state: string;
}

/** Stands between a process and the server of its store: sees each command to a hold, and kills the process at one of them. */
export class CommandProxy {
  /** By id. Also those of which the process has not learned. */
  readonly holds = new Map<string, SeenHold>();
  private readonly pending = new Set<SeenCommand>();

  private constructor(
    private readonly server: Server,
    private readonly storePort: number,
    private readonly open: () => StoreProtocol,
    private readonly point: KillPoint,
  ) {
    server.on('connection', (client) => this.connect(client));
  }

  static async start(storePort: number, open: () => StoreProtocol, point: KillPoint): Promise<CommandProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CommandProxy(server, storePort, open, point);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Whether the store has answered everything. */
  get isQuiet(): boolean {
    return this.pending.size === 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private connect(client: Socket): void {
    const protocol = this.open();
    const store = connect(this.storePort, '127.0.0.1');
    const waiting: SeenCommand[] = [];
    client.on('error', () => undefined);
    store.on('error', () => client.destroy());
    store.on('close', () => {
      for (const command of waiting.splice(0)) this.pending.delete(command);
    });
    const endIfQuiet = (): void => {
      if (client.destroyed && waiting.length === 0) store.destroy();
    };
    client.on('close', endIfQuiet);
    client.on('data', (chunk: Buffer) => {
      protocol.readCommands(chunk, (message, bytes) => {
        const command = protocol.commandOf(message, (id) => this.holds.get(id)?.isAttached);
        if (this.point.isReached) return;
        if (command.step !== undefined && !this.point.passes(command.step, 'before')) return;
        waiting.push(command);
        this.pending.add(command);
        store.write(protocol.withoutClaims(message, bytes));
      });
    });
    store.on('data', (chunk: Buffer) => {
      protocol.readAnswers(chunk, (answer, bytes) => {
        const command = waiting.shift();
        if (command !== undefined) {
          this.pending.delete(command);
          this.note(command, protocol.answerOf(command, answer));
        }
        if (command?.step === undefined ? !this.point.isReached : this.point.passes(command.step, 'after')) {
          client.write(bytes);
        }
        endIfQuiet();
      });
    });
  }

  private note({ id, nanoUsd, note }: SeenCommand, { isAdmitted, isAttached, state }: SeenAnswer): void {
    const hold = this.holds.get(id);
    if (hold !== undefined) {
      hold.isAttached ||= isAttached === true;
      hold.state = state ?? hold.state;
    } else if (isAdmitted === true) {
      const { scope } = JSON.parse(note) as { scope: { call: string } };
      this.holds.set(id, { id, call: scope.call, nanoUsd, isAttached: false, state: 'held' });
    }
  }
}
