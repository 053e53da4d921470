/** Of no account: it does nothing when it is due. */
const PERIOD_MS = 60_000;

/** Keeps the process alive while a promise is pending: what settles it may have only timers and sockets that do not. */
export async function keepingAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, PERIOD_MS);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
