import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The call at which something happens: before OpenRouter gets it, or after OpenRouter has answered. */
export interface Trap {
  readonly method: string;
  readonly path: RegExp;
  readonly at: 'request' | 'answer';
}

/** A proxy between the application and OpenRouter. */
export class Gate {
  private trap: (Trap & { readonly spring: () => Promise<unknown> }) | undefined;

  private constructor(
    private readonly server: Server,
    private readonly upstream: string,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.pass(request, response);
    });
  }

  static async open(upstream: string): Promise<Gate> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Gate(server, new URL(upstream).origin);
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/v1`;
  }

  /** At the next such call, waits for `spring` and then forwards nothing more. */
  set(trap: Trap, spring: () => Promise<unknown>): void {
    this.trap = { ...trap, spring };
  }

  get isSet(): boolean {
    return this.trap !== undefined;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const trap = this.trap?.method === method && this.trap.path.test(url) ? this.trap : undefined;
    if (trap !== undefined) this.trap = undefined;
    const body = await buffer(request);

    if (trap?.at === 'request') {
      await trap.spring();
      request.socket.destroy();
      return;
    }
    const answer = await fetch(`${this.upstream}${url}`, {
      method,
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? '',
      },
      ...(body.length > 0 && { body: Uint8Array.from(body) }),
    });
    const content = Buffer.from(await answer.arrayBuffer());
    if (trap !== undefined) {
      await trap.spring();
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(content);
  }
}
