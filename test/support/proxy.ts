import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as forward } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tlsIdentity } from './tls.js';

/** A request as the proxy has seen it: `GET http://…`, or `CONNECT host:port`. */
export interface ProxiedRequest {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
}

/** A proxy on this machine and everything that has reached it. */
export interface TestProxy {
  readonly port: number;
  readonly requests: ProxiedRequest[];
  /** Connections of clients that are open. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<unknown>;
}

export interface ProxySettings {
  /** Whether clients speak TLS with the proxy. */
  readonly isSecure?: boolean;
  /** Whose name stands for this machine. */
  readonly hosts?: Readonly<Record<string, number>>;
  /** Answers a `CONNECT` in the place of opening a tunnel. */
  readonly onConnect?: (socket: Socket) => unknown;
}

/** Starts a proxy that forwards plain requests and opens tunnels, on this machine only. */
export async function startProxy({
  isSecure = false,
  hosts = {},
  onConnect,
}: ProxySettings = {}): Promise<TestProxy> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const tunnels = new Set<Socket>();
  const server = isSecure ? createHttpsServer(tlsIdentity) : createServer();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.on('request', (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const { hostname, port, pathname } = new URL(request.url ?? '');
    const { 'proxy-authorization': _login, ...headers } = request.headers;
    const onward = forward(
      {
        host: '127.0.0.1',
        port: hosts[hostname] ?? port,
        path: pathname,
        method: request.method,
        headers,
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    requests.push({ line: `CONNECT ${request.url}`, headers: request.headers });
    socket.on('error', () => undefined);
    if (onConnect !== undefined) {
      // A server's sockets stay open at this end, and notice the other end only while somebody reads.
      socket.once('end', () => socket.end());
      socket.resume();
      onConnect(socket);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connect(hosts[hostname] ?? Number(port), '127.0.0.1');
    tunnels.add(onward);
    onward.on('error', () => socket.destroy());
    onward.once('close', () => socket.destroy());
    socket.once('close', () => onward.destroy());
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    sockets,
    close: () => {
      server.close();
      for (const socket of [...sockets, ...tunnels]) socket.destroy();
      return once(server, 'close');
    },
  };
}
