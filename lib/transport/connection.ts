/**
 * How a request gets its socket:
 * - `pooled`: an idle socket of an earlier request, or a new one that stays open for the next request.
 * - `isolated`: its own socket, once fewer than {@link MAX_SOCKETS} isolated ones are open.
 * - `unqueued`: its own socket, at once. If the server is just closing a pooled socket, nobody can tell whether a
 *   `POST` has arrived on it. And a `POST` that has waited in a queue would be sent just before its time runs out.
 */
export type Connection = 'pooled' | 'isolated' | 'unqueued';

/** The maximum number of pooled sockets of an account, and of isolated ones. */
export const MAX_SOCKETS = 50;
