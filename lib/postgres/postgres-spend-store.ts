import type { SpendLedger, SpendLedgerEntry } from '../contracts/spend-ledger.js';
import type {
  SpendAdjustment,
  SpendAdmission,
  SpendBooked,
  SpendClaim,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendReport,
  SpendRequest,
  SpendStore,
  SpendSubject,
} from '../contracts/spend-store.js';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { checkStoreOptions } from '../options/store-options.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import type { HoldCommandName } from '../spend-limits/model/hold-table.js';
import { learnedBill } from '../spend-limits/model/learned-bill.js';
import { isThenable } from '../untrusted/is-thenable.js';
import {
  type Answer,
  claimOf,
  figureLists,
  listOf,
  placesOf,
  recordOf,
  textOf,
  windowAt,
  windowsOf,
  wholeNumber,
} from './postgres-answers.js';
import { PostgresSpendLedger } from './postgres-spend-ledger.js';
import { Pruner } from './pruner.js';
import { schemaName } from './schema-name.js';
import { type PostgresSpendClient, SpendDatabase } from './spend-database.js';
import { spendMigration, spendSchema } from './spend-schema.js';
import { setUpWarnings } from './set-up-warnings.js';

/** Settings of a {@link PostgresSpendStore}. */
export interface PostgresSpendStoreOptions {
  /**
   * The schema that holds the tables: up to 63 lower-case letters, digits and underscores.
   *
   * @defaultValue `'openrouter_spend'`
   */
  readonly schema?: string | undefined;
  /**
   * For how many days after its start a completion is kept, from 1 to 36 500; `null` for ever.
   *
   * @defaultValue `400`
   */
  readonly retainDays?: number | null | undefined;
}

const DEFAULT_SCHEMA = 'openrouter_spend';
const DEFAULT_RETAIN_DAYS = 400;
const MAX_RETAIN_DAYS = 36_500;

interface StoreParts {
  readonly database: SpendDatabase;
  readonly pruner: Pruner;
}

const storeParts = new HiddenParts<StoreParts>();

/**
 * Keeps spend in PostgreSQL: limits hold over all processes of an application, nothing is lost in a crash, and there is a
 * row for each completion, written in the same transaction as its bill.
 *
 * Needs PostgreSQL 13 or newer, or PGlite. The pool stays yours: the store opens and closes nothing, and leaves no state in
 * a session, so that a pooler in transaction mode may stand between. Call {@link PostgresSpendStore.migrate} before the
 * first use, or carry out {@link PostgresSpendStore.schema} in a migration of your own.
 *
 * Stored are hashes of accounts and subjects, amounts, the notes of open holds, and for each completion what
 * `SpendLedgerEntry` lists, its scope included; never a key, a prompt or an answer.
 *
 * Whatever goes wrong in the database is an `OpenRouterSpendStoreException` that tells its code, and no value.
 */
export class PostgresSpendStore implements SpendStore {
  /** A row for each completion. */
  readonly ledger: SpendLedger;

  /**
   * @param client - A `Pool` of `pg`, a `PGlite`, or anything else with `query(text, values)` that resolves to `{ rows }`.
   * @throws `OpenRouterConfigException` if it has no such method, or if an option is not known or not valid.
   */
  constructor(client: PostgresSpendClient, options: PostgresSpendStoreOptions = {}) {
    if (typeof (client as Partial<PostgresSpendClient> | null | undefined)?.query !== 'function') {
      throw new OpenRouterConfigException(
        'PostgresSpendStore: the client must have a method `query`, for example new PostgresSpendStore(new Pool({ ' +
          `connectionString }))${isThenable(client) ? '; got a promise; await it first' : ''}.`,
      );
    }
    checkStoreOptions('PostgresSpendStore', options, ['schema', 'retainDays']);
    const { schema = DEFAULT_SCHEMA, retainDays = DEFAULT_RETAIN_DAYS } = options;
    if (
      retainDays !== null &&
      (!Number.isInteger(retainDays) || retainDays < 1 || retainDays > MAX_RETAIN_DAYS)
    ) {
      throw new OpenRouterConfigException(
        `PostgresSpendStore: \`retainDays\` must be a whole number from 1 to ${MAX_RETAIN_DAYS}, or null.`,
      );
    }
    const database = new SpendDatabase(client, schemaName(schema));
    // The client holds a password.
    storeParts.hide(this, { database, pruner: new Pruner(database, retainDays) });
    this.ledger = new PostgresSpendLedger(database);
  }

  /** Returns the DDL of the schema, for a migration of your own. It may be carried out again. */
  schema(): string {
    return spendSchema(storeParts.of(this).database.schema);
  }

  /**
   * Makes the schema with its tables and functions, unless they are there; any number of processes may call it at once.
   *
   * @throws `OpenRouterSpendStoreException` if the schema has another version, or if the database fails.
   */
  async migrate(): Promise<void> {
    const { database } = storeParts.of(this);
    await database.query(spendMigration(database.schema));
  }

  /** Reserves an amount for all subjects, or for none. */
  async reserve(account: string, request: SpendRequest): Promise<SpendAdmission> {
    const { id, nanoUsd, leaseMs, note, subjects } = request;
    const answer = await this.call('reserve', account, {
      id,
      nanoUsd,
      leaseMs,
      note,
      windows: windowsOf(subjects),
    });
    const now = wholeNumber(answer['now']);
    switch (answer['status']) {
      case 'admitted': {
        const { generationId } = answer;
        const hold: SpendHold = {
          id,
          nanoUsd: wholeNumber(answer['nanoUsd']),
          places: placesOf(answer['places']),
          note: textOf(answer['note']),
          ...(typeof generationId === 'string' ? { generationId } : {}),
        };
        const figures = figureLists(subjects, answer['figures']);
        return { status: 'admitted', hold, expiresAt: wholeNumber(answer['expiresAt']), now, figures };
      }
      case 'refused': {
        const { subject, window } = windowAt(subjects, wholeNumber(answer['number']));
        return { status: 'refused', subject, window, now, figures: figureLists(subjects, answer['figures']) };
      }
      case 'no-window':
        return { status: 'no-window', now };
      default:
        return { status: 'ended', now };
    }
  }

  /** Notes the generation of a hold, and extends it. */
  async attach(account: string, hold: SpendHold, generationId: string, leaseMs: number): Promise<void> {
    await this.step(account, hold, 'attach', { leaseMs, generationId });
  }

  /** Lets a hold count as under way for longer. */
  async extend(account: string, hold: SpendHold, leaseMs: number): Promise<number | undefined> {
    const answer = await this.step(account, hold, 'extend', { leaseMs });
    return answer['state'] === 'held' ? wholeNumber(answer['expiresAt']) : undefined;
  }

  /** Settles a hold by its bill, and writes the entry of the ledger with it. */
  async commit(account: string, hold: SpendHold, nanoUsd: number, entry?: SpendLedgerEntry): Promise<void> {
    await this.step(account, hold, 'commit', { bill: nanoUsd, entry });
  }

  /** Gives back what is held. */
  async release(account: string, hold: SpendHold): Promise<void> {
    await this.step(account, hold, 'release');
  }

  /** Takes back a reservation whose answer did not come. */
  async cancel(account: string, { id, nanoUsd, note }: SpendRequest): Promise<void> {
    await this.step(account, { id, nanoUsd, note, places: [] }, 'release');
  }

  /** Counts a hold as billed at what was held, and writes the entry of the ledger with it. */
  async giveUp(account: string, hold: SpendHold, entry?: SpendLedgerEntry): Promise<void> {
    await this.step(account, hold, 'giveUp', { entry });
  }

  /** Adds an amount to what is settled. */
  async adjust(
    account: string,
    { id, nanoUsd, subjects }: SpendAdjustment,
  ): Promise<SpendBooked | SpendNoWindow> {
    const hold = { id, nanoUsd: 0, places: [], note: '' };
    return bookedOf(
      await this.step(account, hold, 'adjust', { bill: nanoUsd, windows: windowsOf(subjects) }),
    );
  }

  /** Returns the figures of subjects. */
  async usage(account: string, subjects: readonly SpendSubject[]): Promise<SpendReport | SpendNoWindow> {
    const answer = await this.call('usage', account, { windows: windowsOf(subjects) });
    const booked = bookedOf(answer);
    return booked.status === 'no-window'
      ? booked
      : { ...booked, figures: figureLists(subjects, answer['figures']) };
  }

  /** Returns holds whose bill has to be learned. */
  async claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]> {
    const { database, pruner } = storeParts.of(this);
    const claims = listOf(await database.call('claim', account, { limit, claimMs })).map(claimOf);
    pruner.visit(account);
    return claims;
  }

  /** Takes the right to send a warning. */
  async claimWarning(account: string, place: SpendPlace, name: string, claimId: string): Promise<boolean> {
    const { root, key, spanId, keepUntil } = place;
    const given = { root, key, spanId, keepUntil, name, claimId };
    return (await storeParts.of(this).database.call('claim_warning', account, given)) === true;
  }

  /** Raises what is settled to what it was last known to be. */
  async restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow> {
    const sums = subjects.flatMap(({ windows }, subject) =>
      windows.map((_, window) => settledNanoUsd[subject]?.[window] ?? null),
    );
    return bookedOf(await this.call('restore', account, { windows: windowsOf(subjects), sums }));
  }

  /** Notes what a completion was billed. */
  async learn(account: string, name: string, nanoUsd: number): Promise<void> {
    await storeParts.of(this).database.call('learn', account, { name, nanoUsd });
  }

  /** Returns the 95th percentile of the latest bills. */
  async learned(account: string, name: string): Promise<number | undefined> {
    const bills = await storeParts.of(this).database.call('learned', account, { name });
    return learnedBill(listOf(bills).map(wholeNumber));
  }

  /**
   * Returns a text that changes when the schema is made anew, or when another server has taken over from the one before: a
   * replica that was behind does not have the last transactions.
   */
  async epoch(): Promise<string> {
    const { database } = storeParts.of(this);
    const [row] = await database.query(
      `SELECT epoch || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) AS epoch FROM ${database.schema.quoted}.meta`,
    );
    return textOf(row?.['epoch']);
  }

  /** Returns what is wrong with the database. */
  check(): Promise<readonly string[]> {
    return setUpWarnings(storeParts.of(this).database);
  }

  /** @internal */
  private async step(
    account: string,
    { id, nanoUsd, places, note, generationId }: SpendHold,
    command: HoldCommandName,
    details: object = {},
  ): Promise<Answer> {
    const given = { id, nanoUsd, places, note, generationId, command, ...details };
    const answer = await this.call('step', account, given);
    if (command !== 'attach' && command !== 'extend') {
      // What ends is kept for a while.
      storeParts.of(this).pruner.visit(account);
    }
    return answer;
  }

  /** @internal */
  private async call(name: string, account: string, given: object): Promise<Answer> {
    return recordOf(await storeParts.of(this).database.call(name, account, given));
  }
}

function bookedOf(answer: Answer): SpendBooked | SpendNoWindow {
  const now = wholeNumber(answer['now']);
  return { status: answer['status'] === 'no-window' ? 'no-window' : 'done', now };
}
