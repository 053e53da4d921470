import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Node's servers close an idle socket after 5 s; one that we close earlier is never written to as it goes away. */
const IDLE_SOCKET_MS = 4_000;
const MAX_SOCKETS = 50;

/** What axios sets on every socket before each request; with another value Node would set it back after each. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** Member of a request's options by which an agent tells it from every other one. */
export const REQUEST_ID = 'openRouterRequestId';

interface AgentPair {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** The ways in which an account connects. */
export interface HttpAgents {
  /** Sockets are kept for the next call. */
  readonly kept: AgentPair;
  /** Each request has a socket of its own, as soon as one of the places is free. */
  readonly apart: AgentPair;
  /**
   * Each request has a socket of its own at once: on a kept one that the server is just closing, nobody could tell
   * whether a `POST` has arrived.
   */
  readonly single: AgentPair;
  /** Ends every socket. */
  destroy(): void;
}

/** Opens agents of an account's own, so that no setting of the process and no other module reaches its calls. */
export function openAgents(): HttpAgents {
  const keep = {
    keepAlive: true,
    keepAliveMsecs: TCP_KEEP_ALIVE_MS,
    maxSockets: MAX_SOCKETS,
    maxFreeSockets: MAX_SOCKETS,
    timeout: IDLE_SOCKET_MS,
  };
  // With `maxSockets` Node would hand the socket of one request to the next in the queue after all.
  const apart = { keepAlive: false, maxTotalSockets: MAX_SOCKETS, maxCachedSessions: 0 };
  // Without a bound: what has waited in a queue for most of its time would be sent just before it is given up.
  const single = { keepAlive: false };
  const agents = {
    kept: { httpAgent: new HttpAgent(keep), httpsAgent: new HttpsAgent(keep) },
    apart: { httpAgent: oneByOne(new HttpAgent(apart)), httpsAgent: oneByOne(new HttpsAgent(apart)) },
    single: { httpAgent: new HttpAgent(single), httpsAgent: new HttpsAgent(single) },
  };
  return {
    ...agents,
    destroy: () => {
      for (const { httpAgent, httpsAgent } of Object.values(agents)) {
        httpAgent.destroy();
        httpsAgent.destroy();
      }
    },
  };
}

/** Makes an agent share no socket: those that it may share go by the name of their requests. */
function oneByOne<T extends HttpAgent>(agent: T): T {
  const nameOf = agent.getName.bind(agent);
  agent.getName = (options = {}) => `${nameOf(options)}:${String(Reflect.get(options, REQUEST_ID))}`;
  return agent;
}
