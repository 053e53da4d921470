import { randomBytes } from 'node:crypto';
import { readVariable, StartError } from 'sample-shared';
import { isLoopback } from './loopback.js';

const SHORTEST_TOKEN = 16;

/** Who may use the application. */
export interface Access {
  /** What everybody has to show; without it, there is nobody but this machine. */
  readonly token?: string;
}

/** Asks for a token as soon as others can reach the application, or it was given one. */
export function readAccess(host: string): Access {
  const token = readVariable('DASHBOARD_TOKEN');
  if (token === undefined) {
    return isLoopback(host) ? {} : { token: randomBytes(24).toString('base64url') };
  }
  // What a header and a URL carry as it is.
  if (token.length < SHORTEST_TOKEN || !/^[\w.~-]+$/.test(token)) {
    throw new StartError(
      `DASHBOARD_TOKEN must be at least ${SHORTEST_TOKEN} characters of A-Z a-z 0-9 . _ ~ -, for example from: openssl rand -hex 24`,
    );
  }
  return { token };
}
