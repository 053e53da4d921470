import type { AddressInfo, Server } from 'node:net';
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom, timeout } from 'rxjs';

/** A caller that hangs gets a TimeoutError, which no expectation matches. */
const LONGEST_ANSWER_MS = 3_000;

/** A microservice over TCP on this machine, with a client of it. */
export class TcpService {
  private constructor(
    private readonly app: INestMicroservice,
    readonly client: ClientProxy,
  ) {}

  static async start(metadata: ModuleMetadata): Promise<TcpService> {
    const testing = await Test.createTestingModule(metadata).compile();
    const app = testing.createNestMicroservice<MicroserviceOptions>({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
    });
    await app.listen();
    const { port } = app.unwrap<Server>().address() as AddressInfo;
    const options = { host: '127.0.0.1', port };
    return new TcpService(app, ClientProxyFactory.create({ transport: Transport.TCP, options }));
  }

  /** The answer to a message; rejects with what the service has said of a failure. */
  send(pattern: string): Promise<unknown> {
    return lastValueFrom(this.client.send<unknown>(pattern, {}).pipe(timeout(LONGEST_ANSWER_MS)));
  }

  /** What the service says of each of some messages that fail, one after the other. */
  async failuresOf(patterns: readonly string[]): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const pattern of patterns) {
      failures.push(await this.send(pattern).catch((error: unknown) => error));
    }
    return failures;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.app.close();
  }
}
