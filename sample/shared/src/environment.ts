import { SecretString } from 'nestjs-openrouter';

/** Reads an environment variable. A blank one counts as unset, because `PORT= npm start` is how a shell unsets one. */
export function readVariable(name: string): string | undefined {
  const value = process.env[name];
  return value?.trim() === '' ? undefined : value;
}

/** Reads a secret. As a `SecretString` it does not end up in a log by accident. */
export function readSecret(name: string): SecretString | undefined {
  const value = readVariable(name);
  return value === undefined ? undefined : new SecretString(value);
}
