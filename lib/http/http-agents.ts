import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Node's servers close an idle socket after 5 s; one that we close earlier is never written to as it goes away. */
const IDLE_SOCKET_MS = 4_000;
const MAX_SOCKETS = 50;

/** What axios sets on every socket before each request; with another value Node would set it back after each. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** The two ways in which an account connects. */
export interface HttpAgents {
  /** Sockets are kept for the next call. */
  readonly kept: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };
  /**
   * Each request has a socket of its own: on a kept one that the server is just closing, nobody could tell
   * whether a `POST` has arrived.
   */
  readonly single: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };
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
  // Without a bound. With one, Node hands the socket of one request to the next in the queue after all; and what has
  // waited in a queue for most of its time would be sent just before it is given up.
  const single = { keepAlive: false };
  const agents = {
    kept: { httpAgent: new HttpAgent(keep), httpsAgent: new HttpsAgent(keep) },
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
