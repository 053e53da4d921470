import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { MAX_SOCKETS } from './connection.js';

/** Node's servers close an idle socket after 5 s. One that is closed earlier here is never written to as it goes away. */
const IDLE_SOCKET_MS = 4_000;

/** The interval of TCP keep-alive probes. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** The agents of an account, so that no setting of the process and no other module reaches its requests. */
export interface Agents {
  readonly pooled: HttpAgent;
  /** Without keep-alive and without a limit, so that no socket is ever handed to a second request. */
  readonly separate: HttpAgent;
}

/** Opens the two agents, each of them by `open`. */
export function openAgents(open: (options: AgentOptions) => HttpAgent): Agents {
  return {
    pooled: open({
      keepAlive: true,
      keepAliveMsecs: TCP_KEEP_ALIVE_MS,
      maxSockets: MAX_SOCKETS,
      maxFreeSockets: MAX_SOCKETS,
      timeout: IDLE_SOCKET_MS,
    }),
    separate: open({ keepAlive: false }),
  };
}
