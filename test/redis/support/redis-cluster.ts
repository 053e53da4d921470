import { Cluster, Redis } from 'ioredis';
import { until } from '../../support/waiting.js';
import { RedisServer } from './redis-server.js';

const SLOTS = 16_384;

/** A Redis Cluster of three nodes of a test's own. */
export class RedisCluster {
  private constructor(readonly servers: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const starts = await Promise.allSettled(
      [0, 1, 2].map(() => RedisServer.start(undefined, undefined, ['--cluster-enabled', 'yes'])),
    );
    const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const cluster = new RedisCluster(servers);
    try {
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      await join(servers);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** A client of the cluster, to be closed by the test. */
  open(): Cluster {
    return new Cluster(this.servers.map(({ port }) => ({ host: '127.0.0.1', port })));
  }

  /** The node that keeps a key. */
  async serverOf(client: Cluster, key: string): Promise<RedisServer> {
    const slot = await client.cluster('KEYSLOT', key);
    return this.servers[Math.floor(slot / shareOf(this.servers))]!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

function shareOf(servers: readonly RedisServer[]): number {
  return Math.ceil(SLOTS / servers.length);
}

/** Makes a cluster of servers, each with its share of the slots. */
async function join(servers: readonly RedisServer[]): Promise<void> {
  const clients = servers.map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  const share = shareOf(servers);
  try {
    await Promise.all(
      clients.map(async (client, index) => {
        const last = Math.min(SLOTS, (index + 1) * share) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      }),
    );
    for (const { port } of servers.slice(1)) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', port);
    await until(async () => {
      const infos = await Promise.all(clients.map((client) => client.cluster('INFO')));
      return infos.every(
        (info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'),
      );
    }, 30_000);
  } finally {
    for (const client of clients) client.disconnect();
  }
}
