import { randomBytes } from 'node:crypto';
import { readVariable, StartError } from 'sample-shared';
import { isLoopback } from './loopback.js';

const MIN_TOKEN_LENGTH = 16;

/** Who can use the application. */
export interface Access {
  /** The token that every request needs. If unset, only this machine has access. */
  readonly token?: string;
}

/** Requires a token if other machines can reach the application, or if the environment has one. */
export function readAccess(host: string): Access {
  const token = readVariable('DASHBOARD_TOKEN');
  if (token === undefined) {
    return isLoopback(host) ? {} : { token: randomBytes(24).toString('base64url') };
  }
  // These characters need no escaping in a header or a URL.
  if (token.length < MIN_TOKEN_LENGTH || !/^[\w.~-]+$/.test(token)) {
    throw new StartError(
      `DASHBOARD_TOKEN must be at least ${MIN_TOKEN_LENGTH} characters of A-Z a-z 0-9 . _ ~ -, for example from: openssl rand -hex 24`,
    );
  }
  return { token };
}
