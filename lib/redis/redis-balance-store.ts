import { randomUUID } from 'node:crypto';
import type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
  SharedSpend,
} from '../contracts/balance-store.js';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import { ADD_SPEND, BEGIN, CLAIM_ALERT, END, INVALIDATE, READ, WRITE } from './balance-scripts.js';
import { listOf, wholeNumber } from './redis-answers.js';
import type { RedisScript } from './redis-script.js';
import { isScriptClient, type RedisScriptClient, scriptRunner } from './script-runner.js';

/** Part of every key. It has a version, so that a later format does not read the records of this one. */
const PREFIX = 'nestjs-openrouter:balance:1';

/** Runs a script for an account. */
type RunForAccount = (script: RedisScript, account: string, ...args: (string | number)[]) => Promise<unknown>;

const storeParts = new HiddenParts<{ readonly run: RunForAccount }>();

/**
 * Shares balances through Redis, for `balance.store`: one reading for all replicas of an application, one flight,
 * one count of what was spent, and each alert from one of them.
 *
 * Needs Redis 5 or newer, or a server that speaks its protocol and runs Lua. The client stays yours: the store opens,
 * changes and closes nothing. Redis being slow, hung, down or empty never fails a call; each process then asks
 * OpenRouter itself.
 *
 * Stored under `nestjs-openrouter:balance:1:{…}`, with a hash of the account in the braces: figures, never a key. A
 * record expires by itself, an hour or more after its last use.
 *
 * @example
 * ```ts
 * const redis = new Redis(process.env.REDIS_URL);
 * OpenRouterModule.forRoot({ managementKey, balance: { store: new RedisBalanceStore(redis) } });
 * ```
 */
export class RedisBalanceStore implements BalanceStore {
  /**
   * @param client - A client of `ioredis` 5 or 6: a `Redis` or a `Cluster`.
   * @throws `OpenRouterConfigException` if it is not such a client.
   */
  constructor(client: RedisScriptClient) {
    if (!isScriptClient(client)) {
      throw new OpenRouterConfigException(
        'RedisBalanceStore: the client must be one of ioredis, for example new RedisBalanceStore(new Redis(url)).',
      );
    }
    // The client holds a password.
    const run = scriptRunner(client);
    storeParts.hide(this, {
      run: (script, account, ...args) => run(script, [`${PREFIX}:{${account}}`], args),
    });
  }

  /** Everything that is kept of an account. */
  async read(account: string): Promise<SharedBalance> {
    const [sequence, text, age, alert, spent, now, sums, isLed] = listOf(
      await storeParts.of(this).run(READ, account),
    );
    return {
      sequence: wholeNumber(sequence),
      reading: typeof text === 'string' ? { text, ageMs: wholeNumber(age) } : undefined,
      spend: [...addedSpend(listOf(spent)), ...namedSpend(listOf(sums), wholeNumber(now))],
      alertState: typeof alert === 'string' ? alert : undefined,
      isLed: wholeNumber(isLed) === 1,
    };
  }

  /** Draws a number for a flight, and tells whether it leads. */
  async begin(account: string, holdMs: number): Promise<BalanceFlight> {
    const [sequence, leads] = listOf(await storeParts.of(this).run(BEGIN, account, holdMs, randomUUID()));
    return { sequence: wholeNumber(sequence), leads: wholeNumber(leads) === 1 };
  }

  /** Gives up a flight's lead. */
  async end(account: string, sequence: number): Promise<void> {
    await storeParts.of(this).run(END, account, sequence);
  }

  /** Replaces the reading, unless there was a later one or an invalidation. */
  async write(
    account: string,
    sequence: number,
    text: string,
    keepMs: number,
    settledMs: number,
  ): Promise<boolean> {
    return (
      wholeNumber(await storeParts.of(this).run(WRITE, account, sequence, text, keepMs, settledMs)) === 1
    );
  }

  /** Forgets the reading; flights that began before can no longer write. */
  async invalidate(account: string): Promise<void> {
    await storeParts.of(this).run(INVALIDATE, account);
  }

  /** Sums are kept by their names. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- A field would show in what is printed.
  get namesSpend(): true {
    return true;
  }

  /** Records spend: the sums by their names, or else an amount. */
  async addSpend(
    account: string,
    microUsd: number,
    keepMs: number,
    sums: readonly NamedSpend[] = [],
  ): Promise<void> {
    const named = sums.flatMap((sum) => [
      ...sum.id.split('.', 2),
      sum.microUsd,
      sum.otherKeysMicroUsd,
      sum.ageMs,
      sum.spanMs,
    ]);
    await storeParts.of(this).run(ADD_SPEND, account, microUsd, keepMs, ...named);
  }

  /** Changes the alert state if it still is what was expected. */
  async claimAlert(
    account: string,
    expected: string | undefined,
    next: string,
    keepMs: number,
  ): Promise<boolean> {
    const answer = await storeParts
      .of(this)
      .run(CLAIM_ALERT, account, expected ?? '', next, keepMs, randomUUID());
    return wholeNumber(answer) === 1;
  }
}

/** Spend recorded by processes of an earlier version: second, amount and age of each. */
function addedSpend(list: readonly unknown[]): SharedSpend[] {
  return Array.from({ length: Math.ceil(list.length / 3) }, (_, index) => {
    const [second, microUsd, ageMs] = list.slice(3 * index, 3 * index + 3).map(wholeNumber);
    return { id: String(second), microUsd: wholeNumber(microUsd), ageMs: wholeNumber(ageMs) };
  });
}

/** The sums of each process: its name, and its sums in one string. */
function namedSpend(list: readonly unknown[], now: number): SharedSpend[] {
  return Array.from({ length: Math.ceil(list.length / 2) }, (_, index) => {
    const [writer, sums] = list.slice(2 * index, 2 * index + 2);
    return Array.from(String(sums).matchAll(SUM), ([, n, ...numbers]) => {
      const [microUsd, other, at, since, ends] = numbers.map(Number) as FiveNumbers;
      return {
        id: `${String(writer)}.${n}`,
        microUsd,
        otherKeysMicroUsd: Math.min(other, microUsd),
        ageMs: Math.max(0, now - at),
        spanMs: Math.max(0, at - since),
        isKept: ends > now && [microUsd, other, at, since].every(Number.isSafeInteger),
      };
    });
  })
    .flat()
    .filter(({ isKept }) => isKept)
    .map(({ isKept: _, ...sum }) => sum);
}

type FiveNumbers = [number, number, number, number, number];

const SUM = /(\d+) (\d+) (\d+) (\d+) (\d+) (\d+);/g;
