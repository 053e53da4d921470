import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a `redis-server`, and loses what a network may lose. */
export class RedisProxy {
  /** @internal */
  private readonly sockets = new Set<Socket>();
  /** @internal */
  private isCut = false;
  /** @internal */
  private lost: { readonly part: string; readonly times: number } = { part: '', times: 0 };
  /** @internal */
  private isAnswerLost = (): boolean => false;
  /** How many answers were lost on the way. */
  lostAnswers = 0;

  private constructor(
    private readonly server: Server,
    private readonly redisPort: number,
  ) {
    server.on('connection', (client) => this.connect(client));
  }

  static async start(redisPort: number): Promise<RedisProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RedisProxy(server, redisPort);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Lets the next commands that hold a text be carried out, and breaks the connection in the place of the answer. */
  loseAnswersTo(part: string, times = 1): void {
    this.lost = { part, times };
  }

  /** Breaks the connection in the place of an answer, whatever the command was, wherever this says so. */
  loseAnswers(isLost: () => boolean): void {
    this.isAnswerLost = isLost;
  }

  /** Breaks all connections, and lets nobody in. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Lets them in again. */
  mend(): void {
    this.isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  /** @internal */
  private connect(client: Socket): void {
    if (this.isCut) {
      client.destroy();
      return;
    }
    const redis = connect(this.redisPort, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      redis.destroy();
    };
    let isLosing = false;
    for (const socket of [client, redis]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (this.lost.times > 0 && chunk.includes(this.lost.part)) {
        this.lost = { ...this.lost, times: this.lost.times - 1 };
        isLosing = true;
      }
      redis.write(chunk);
    });
    redis.on('data', (chunk: Buffer) => {
      if (isLosing || this.isAnswerLost()) {
        this.lostAnswers += 1;
        end();
      } else {
        client.write(chunk);
      }
    });
  }
}
