import { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { tryParseJson } from '../untrusted/json.js';
import { isWorthRepeating, otherVersion, postgresFailure } from './postgres-failure.js';
import type { SchemaName } from './schema-name.js';
import { SCHEMA_VERSION } from './spend-schema.js';

/** What the store uses of a database: a `Pool` of `pg`, a `PGlite`, or anything else with this method. */
export interface PostgresSpendClient {
  /** Carries out a single statement, in a transaction of its own. */
  query(text: string, values?: unknown[]): Promise<PostgresSpendResult>;
}

/** What a statement has returned. */
export interface PostgresSpendResult {
  /** A row is an object with a member for each column. */
  readonly rows: readonly unknown[];
}

/** How often a call is sent if others are in its way each time. */
const MAX_ATTEMPTS = 10;

/** A pool that has lost its server queues calls, some of them forever: so many, and no more, after a silence. */
const MAX_OUTSTANDING = 1_000;
const SILENCE_MS = 1_000;

/** Calls of the functions of a schema. */
export class SpendDatabase {
  readonly schema: SchemaName;
  readonly #client: PostgresSpendClient;
  #isChecked = false;
  #outstanding = 0;
  #answeredAt = 0;

  constructor(client: PostgresSpendClient, schema: SchemaName) {
    this.#client = client;
    this.schema = schema;
  }

  /** Calls a function, which answers with JSON. */
  async call(name: string, account: string, given: unknown): Promise<unknown> {
    await this.#check(account);
    return this.#call(name, account, given);
  }

  /** Carries out a statement on the tables of the schema. */
  async read(
    account: string,
    text: string,
    values: unknown[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    await this.#check(account);
    return this.query(text, values);
  }

  /** Carries out a statement of its own, whatever the version of the schema is. */
  async query(text: string, values: unknown[] = []): Promise<readonly Readonly<Record<string, unknown>>[]> {
    try {
      return (await this.#rows(text, values)).filter(isRecord);
    } catch (error) {
      throw postgresFailure(error, this.schema);
    }
  }

  /** Asks for the version once: later ones keep what programs that run meanwhile need. */
  async #check(account: string): Promise<void> {
    if (this.#isChecked) {
      return;
    }
    const version = await this.#call('version', account, {});
    if (version !== SCHEMA_VERSION) {
      throw otherVersion(version, this.schema.plain);
    }
    this.#isChecked = true;
  }

  async #call(name: string, account: string, given: unknown): Promise<unknown> {
    const text = `SELECT ${this.schema.quoted}.${name}($1::text, $2::text::jsonb)::text AS answer`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const [row] = await this.#rows(text, [storable(account), storableJson(given)]);
        return answerOf(row);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isWorthRepeating(error)) {
          throw postgresFailure(error, this.schema);
        }
      }
    }
  }

  async #rows(text: string, values: unknown[]): Promise<readonly unknown[]> {
    const result = await this.#answered(() => this.#client.query(text, values));
    const rows = isRecord(result) ? result['rows'] : undefined;
    if (!Array.isArray(rows)) {
      throw new OpenRouterSpendStoreException('PostgresSpendStore: `query` did not return rows.');
    }
    return rows as readonly unknown[];
  }

  async #answered(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#outstanding === 0) {
      this.#answeredAt = performance.now();
    } else if (this.#outstanding >= MAX_OUTSTANDING && performance.now() - this.#answeredAt > SILENCE_MS) {
      throw new OpenRouterSpendStoreException('PostgresSpendStore: PostgreSQL does not answer.');
    }
    this.#outstanding += 1;
    try {
      return await call();
    } finally {
      this.#outstanding -= 1;
      this.#answeredAt = performance.now();
    }
  }
}

function answerOf(row: unknown): unknown {
  const text = isRecord(row) ? row['answer'] : undefined;
  const answer = typeof text === 'string' ? tryParseJson(text) : undefined;
  if (answer === undefined) {
    throw new OpenRouterSpendStoreException('PostgresSpendStore: a function of the schema gave no answer.');
  }
  return answer;
}

/** PostgreSQL keeps neither U+0000 nor half a surrogate pair, which an answer of OpenRouter may contain. */
export function storable(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
}

/** A value as `jsonb` takes it. `JSON.stringify` escapes what cannot be kept, so that it has to be replaced before. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, storableMember);
}

function storableMember(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
