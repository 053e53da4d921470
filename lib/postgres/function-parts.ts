/** The server's clock. `now()` would be that of the beginning of the transaction. */
export const NOW = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** The caller has gone by then, and the connection is the application's. */
export const DO_NOT_WAIT = "SET lock_timeout = '250ms'";
