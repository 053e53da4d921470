import { REDACTED, scrubShapes } from './scrub.js';

const SECRET_NAME = /auth|key|token|secret|cookie|signature|credential|jwt|pass|pwd|session/i;

type Headers = Readonly<Record<string, string>>;

/** The values of headers that are named like secrets. */
export function secretsOfHeaders(headers: Headers): string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_NAME.test(name))
    .map(([, value]) => value);
}

/** Headers as they may be shown. */
export function withoutSecrets(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) ? REDACTED : scrubShapes(value),
    ]),
  );
}
