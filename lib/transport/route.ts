import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { isRecord } from '../untrusted/is-record.js';
import { type Agents, openAgents } from './agents.js';
import { type Connection, MAX_SOCKETS } from './connection.js';
import { nodeLookup } from './node-lookup.js';
import { type Proxy, proxyIn, unbracketed } from './proxy.js';
import { Semaphore } from './semaphore.js';
import { ON_CONNECT, TunnelAgent } from './tunnel-agent.js';

/** The head of a request, as axios prepares it. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: http.OutgoingHttpHeaders;
}

/** The route from an account to its host: agents, name resolution, and a proxy if there is one. */
export class Route {
  /** Whether requests are written to TLS sockets. */
  readonly isSecure: boolean;
  /** Whether opening a socket begins with a name lookup. */
  readonly isByName: boolean;

  readonly #hop: https.RequestOptions;
  readonly #agents: Agents;
  readonly #ownAgent: http.Agent | undefined;
  /** The proxy that receives requests in plain text, with the whole URL in their first line. */
  readonly #forwarder: Proxy | undefined;
  readonly #queues: Readonly<Partial<Record<Connection, Semaphore>>>;

  constructor(baseUrl: string, own: OpenRouterAxiosOptions) {
    const { protocol, hostname, port } = new URL(baseUrl);
    const lookup = own.lookup === undefined ? undefined : nodeLookup(own.lookup);
    const family = own.family;
    const proxy = proxyIn(own);
    const isTunnel = proxy !== undefined && protocol === 'https:' && !isProxyAgent(own.httpsAgent);
    this.#forwarder = protocol === 'http:' ? proxy : undefined;
    const hop = this.#forwarder ?? { protocol, host: unbracketed(hostname), port };
    this.isSecure = hop.protocol === 'https:';
    this.isByName = isIP(isTunnel ? proxy.host : hop.host) === 0;
    this.#hop = {
      protocol: hop.protocol,
      hostname: hop.host,
      port: hop.port,
      family,
      lookup,
      // Set explicitly, so that neither the prototype nor a flag of the process can enable it.
      insecureHTTPParser: false,
    };
    if (isTunnel) {
      const settings = isRecord(own.httpsAgent) ? own.httpsAgent['options'] : undefined;
      this.#agents = openAgents(
        (options) => new TunnelAgent({ ...(settings as object), ...options }, { proxy, lookup, family }),
      );
    } else {
      const { Agent } = this.isSecure ? https : http;
      this.#agents = openAgents((options) => new Agent(options));
      this.#ownAgent = (this.isSecure ? own.httpsAgent : own.httpAgent) as http.Agent | undefined;
    }
    this.#queues =
      this.#ownAgent === undefined
        ? {
            isolated: new Semaphore(MAX_SOCKETS),
            // Node's own limit does not count sockets that an agent opens asynchronously.
            ...(isTunnel && { pooled: new Semaphore(MAX_SOCKETS) }),
          }
        : {};
  }

  /** The queue in which a request waits for its place; `undefined` if there is none besides the agent's own. */
  queueOf(connection: Connection): Semaphore | undefined {
    return this.#queues[connection];
  }

  #agentFor(connection: Connection): http.Agent {
    return this.#ownAgent ?? (connection === 'pooled' ? this.#agents.pooled : this.#agents.separate);
  }

  /**
   * Opens a request. The caller has to end it.
   *
   * @param onConnect - Receives the `CONNECT` request if a tunnel has to be opened first.
   */
  open(
    { method, url, headers }: RequestHead,
    connection: Connection,
    onConnect: (connect: http.ClientRequest) => void,
  ): http.ClientRequest {
    const { host, pathname, search } = new URL(url);
    const options = {
      ...this.#hop,
      agent: this.#agentFor(connection),
      method,
      path: `${pathname}${search}`,
      headers,
      [ON_CONNECT]: onConnect,
    };
    if (this.#forwarder !== undefined) {
      const { authorization } = this.#forwarder;
      options.path = url;
      options.headers = {
        ...headers,
        host,
        ...(authorization !== undefined && { 'proxy-authorization': authorization }),
      };
    }
    return (this.isSecure ? https : http).request(options);
  }

  /** Destroys all sockets, idle or in use, except those of a user's own agent. */
  destroy(): void {
    this.#agents.pooled.destroy();
    this.#agents.separate.destroy();
  }
}

/** Whether an agent has its own proxy, as those of `https-proxy-agent` do. */
function isProxyAgent(agent: unknown): boolean {
  return isRecord(agent) && agent['proxy'] !== undefined;
}
