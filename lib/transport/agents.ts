import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { MAX_SOCKETS } from './connection.js';

/** Node's servers close an idle socket after 5 s. Closing it earlier avoids writing to a socket that is going away. */
const IDLE_SOCKET_MS = 4_000;

/** The interval of TCP keep-alive probes. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** The agents of one account. No setting of the process and no other module affects them. */
export interface Agents {
  readonly pooled: HttpAgent;
  /** Without keep-alive and without a limit: with a limit, Node would hand a socket on to a queued request. */
  readonly separate: HttpAgent;
}

/** Opens both agents with `open`. */
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
