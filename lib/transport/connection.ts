/**
 * How a request gets its socket:
 * - `pooled`: one that an earlier request has left, or a new one that is kept for the next request.
 * - `isolated`: one of its own, as soon as one of the places is free.
 * - `unqueued`: one of its own, at once. On a kept socket that the server is just closing, nobody could tell whether a
 *   `POST` has arrived; and a `POST` that has waited for most of its time would be sent just before it is given up.
 */
export type Connection = 'pooled' | 'isolated' | 'unqueued';

/** How many sockets an account has at a time: pooled ones, and isolated ones as well. */
export const MAX_SOCKETS = 50;
