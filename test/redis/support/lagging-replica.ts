import { Redis } from 'ioredis';
import { until } from '../../support/waiting.js';
import { RedisServer } from './redis-server.js';

/** For what takes a moment where the machine has nothing else to do. */
const PATIENCE_MS = 20_000;

/** A replica of a Redis server that no longer follows it. */
export class LaggingReplica {
  private constructor(
    private readonly server: RedisServer,
    private readonly copy: RedisServer,
  ) {}

  /** Copies what a server has, which is something. */
  static async of(server: RedisServer): Promise<LaggingReplica> {
    const copy = await RedisServer.start(server);
    await withClient(copy.port, async (admin) => {
      await linked(admin);
      await until(async () => (await admin.dbsize()) > 0, PATIENCE_MS);
      await admin.replicaof('NO', 'ONE');
    });
    return new LaggingReplica(server, copy);
  }

  /** Puts what it has in the place of the server, as a failover does that loses the last writes. */
  async takeOver(): Promise<void> {
    await this.server.kill();
    await this.server.run(this.copy);
    await withClient(this.server.port, async (promoted) => {
      await linked(promoted);
      await promoted.replicaof('NO', 'ONE');
    });
  }

  async stop(): Promise<void> {
    await this.copy.stop();
  }
}

async function withClient(port: number, action: (client: Redis) => Promise<void>): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  try {
    await action(client);
  } finally {
    client.disconnect();
  }
}

/** Waits until a replica of Redis has all that its master has. */
async function linked(redis: Redis): Promise<void> {
  await until(async () => (await redis.info('replication')).includes('master_link_status:up'), PATIENCE_MS);
}
