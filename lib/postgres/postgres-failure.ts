import { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import { peek } from '../untrusted/peek.js';
import type { SchemaName } from './schema-name.js';
import { OTHER_VERSION, SCHEMA_VERSION } from './spend-schema.js';

/** A SQLSTATE, or a code of Node such as `ECONNREFUSED`. */
const CODE_RULE = /^[A-Z0-9_]{3,40}$/;

/** Schema, table or function that does not exist. */
const MISSING = ['3F000', '42P01', '42883'];

/** Two transactions were in each other's way: the same call again succeeds. */
const AGAIN = ['40001', '40P01'];

const SAID: Readonly<Record<string, string>> = {
  '08001': 'no connection could be made',
  '08006': 'the connection was lost',
  '28000': 'it does not accept the user of the connection',
  '28P01': 'the password of the connection is wrong',
  '3D000': 'the database of the connection does not exist',
  '42501': 'the user of the connection lacks a privilege; docs/ledger.md says which it needs',
  '53300': 'it has no connection left',
  '55P03': 'another transaction has locked what the call needs',
  '57014': 'the statement took too long',
  '57P01': 'it is shutting down',
  '57P03': 'it is starting or shutting down',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was lost',
  ENOTFOUND: 'the host of the connection is unknown',
};

/** What went wrong, without what the database says of it: its messages may contain values, an address or a user. */
export function postgresFailure(error: unknown, { plain }: SchemaName): OpenRouterSpendStoreException {
  if (error instanceof OpenRouterSpendStoreException) {
    return error;
  }
  const code = codeOf(error);
  if (code === OTHER_VERSION) {
    return otherVersion(peek(error, 'detail'), plain);
  }
  if (code !== undefined && MISSING.includes(code)) {
    return new OpenRouterSpendStoreException(
      `PostgresSpendStore: the schema ${plain} is not set up (${code}). Call migrate() when the application starts, or ` +
        'carry out schema() in a migration of your own.',
    );
  }
  const said = code === undefined ? 'it did not answer' : (SAID[code] ?? 'it did not carry out the call');
  return new OpenRouterSpendStoreException(
    `PostgresSpendStore: PostgreSQL has failed: ${said}${code === undefined ? '' : ` (${code})`}.`,
  );
}

/** The database has tables of another version than this package. */
export function otherVersion(there: unknown, schema: string): OpenRouterSpendStoreException {
  const version = /^\d{1,9}$/.test(String(there)) ? String(there) : 'unknown';
  return new OpenRouterSpendStoreException(
    `PostgresSpendStore: the schema ${schema} has version ${version}, and this version of nestjs-openrouter needs version ` +
      `${SCHEMA_VERSION}. Use another \`schema\`, or the package that has made it.`,
  );
}

/** Whether the same call may succeed when it is sent again. */
export function isWorthRepeating(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && AGAIN.includes(code);
}

function codeOf(error: unknown): string | undefined {
  const code = peek(error, 'code');
  return typeof code === 'string' && CODE_RULE.test(code) ? code : undefined;
}
