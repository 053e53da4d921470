import { randomUUID } from 'node:crypto';
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
import { BILLS_KEPT, learnedBill } from '../spend-limits/model/learned-bill.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import { isScriptClient, type RedisScriptClient, type RunScript, scriptRunner } from './script-runner.js';
import { SpendClaims } from './spend-claims.js';
import { SpendHolds } from './spend-holds.js';
import { SpendKeys } from './spend-keys.js';
import { SpendReservations } from './spend-reservations.js';
import { SpendRoots } from './spend-roots.js';
import { EPOCH, LEARN, LEARNED } from './spend-record-scripts.js';
import { WARN } from './spend-window-scripts.js';

/** A node of a cluster. */
export interface RedisSpendNode {
  /** Describes the server. */
  info(section: string): Promise<string>;
}

/** The methods that the store uses of an `ioredis` 5 or 6 client, a `Redis` or a `Cluster`. */
export interface RedisSpendClient extends RedisScriptClient {
  /** Whether it is a `Cluster`. */
  readonly isCluster?: boolean;
  /** Describes the server. */
  info?(section: string): Promise<string>;
  /** The nodes of a cluster. */
  nodes?(role: 'master'): readonly RedisSpendNode[];
}

/** Settings of a {@link RedisSpendStore}. */
export interface RedisSpendStoreOptions {
  /** Begins every key. 1 to 100 characters, no spaces and no braces. @defaultValue `'nestjs-openrouter:spend:1'` */
  readonly prefix?: string | undefined;
}

const DEFAULT_PREFIX = 'nestjs-openrouter:spend:1';
const PREFIX_RULE = /^[^\s{}\p{Cc}]{1,100}$/u;

const BILLS_KEPT_MS = 30 * 86_400_000;
const EPOCH_KEPT_MS = 400 * 86_400_000;

interface StoreParts {
  readonly run: RunScript;
  readonly keys: SpendKeys;
  readonly holds: SpendHolds;
  readonly reservations: SpendReservations;
  readonly claims: SpendClaims;
  readonly infos: (section: string) => Promise<readonly string[]>;
}

const storeParts = new HiddenParts<StoreParts>();

/**
 * Keeps spend in Redis: limits hold over all processes of an application.
 *
 * Needs Redis 5 or newer, or a server that speaks its protocol and runs Lua. The client stays yours: the store opens,
 * changes and closes nothing. On a `Redis`, each step is one script, for all subjects at once. On a `Cluster`, it is one
 * script for each root.
 *
 * Stored are hashes of accounts and subjects, amounts, and the notes of open holds; never a key. Whatever belongs to a span
 * of time expires eight days after it. `docs/spend-limits.md` says what Redis may lose, and which rights the client needs.
 *
 * Each method rejects if Redis does not answer; the package then does what `onStoreFailure` says.
 *
 * @example
 * ```ts
 * const redis = new Redis(process.env.REDIS_URL);
 * OpenRouterModule.forRoot({ apiKey, spendLimits: { store: new RedisSpendStore(redis), rules } });
 * ```
 */
export class RedisSpendStore implements SpendStore {
  /**
   * @param client - A client of `ioredis` 5 or 6: a `Redis` or a `Cluster`.
   * @throws `OpenRouterConfigException` if it is not such a client, or if an option is not known or not valid.
   */
  constructor(client: RedisSpendClient, options: RedisSpendStoreOptions = {}) {
    if (!isScriptClient(client)) {
      throw new OpenRouterConfigException(
        'RedisSpendStore: the client must be one of ioredis, for example new RedisSpendStore(new Redis(url)).',
      );
    }
    checkStoreOptions('RedisSpendStore', options, ['prefix']);
    const { prefix = DEFAULT_PREFIX } = options;
    if (typeof prefix !== 'string' || !PREFIX_RULE.test(prefix)) {
      throw new OpenRouterConfigException(
        'RedisSpendStore: `prefix` must be a string of 1 to 100 characters without spaces or braces.',
      );
    }
    const run = scriptRunner(client);
    const isPartitioned = client.isCluster === true;
    const keys = new SpendKeys(prefix, isPartitioned);
    const holds = new SpendHolds(run, keys);
    const roots = new SpendRoots(run, keys, isPartitioned);
    // The client holds a password.
    storeParts.hide(this, {
      run,
      keys,
      holds,
      claims: new SpendClaims(run, keys, holds, roots),
      reservations: new SpendReservations(run, keys, holds, roots),
      infos: (section) =>
        Promise.all(
          (client.nodes?.('master') ?? [client]).map((node) => node.info?.(section) ?? Promise.resolve('')),
        ),
    });
  }

  /** Reserves an amount for all subjects, or for none. */
  reserve(account: string, request: SpendRequest): Promise<SpendAdmission> {
    return storeParts.of(this).reservations.reserve(account, request);
  }

  /** Notes the generation of a hold, and extends it. */
  async attach(account: string, hold: SpendHold, generationId: string, leaseMs: number): Promise<void> {
    const { holds } = storeParts.of(this);
    await holds.inAll(hold, (home) => holds.extend(account, home, hold, leaseMs, generationId));
  }

  /** Lets a hold count as under way for longer. */
  extend(account: string, hold: SpendHold, leaseMs: number): Promise<number | undefined> {
    const { holds } = storeParts.of(this);
    return holds.inAll(hold, (home) => holds.extend(account, home, hold, leaseMs));
  }

  /** Settles a hold by its bill. */
  async commit(account: string, hold: SpendHold, nanoUsd: number): Promise<void> {
    const { holds } = storeParts.of(this);
    await holds.inAll(hold, (home) => holds.commit(account, home, hold, nanoUsd));
  }

  /** Gives back what is held. */
  async release(account: string, hold: SpendHold): Promise<void> {
    const { holds } = storeParts.of(this);
    await holds.inAll(hold, (home) => holds.release(account, home, hold));
  }

  /** Takes back a reservation whose answer did not come. */
  async cancel(account: string, { id, subjects }: SpendRequest): Promise<void> {
    const { keys, holds } = storeParts.of(this);
    const homes = keys.homesOf(subjects.map(({ root }) => root));
    await Promise.all(homes.map((home) => holds.cancel(account, home, id)));
  }

  /** Counts a hold as billed at what was held. */
  async giveUp(account: string, hold: SpendHold): Promise<void> {
    const { holds } = storeParts.of(this);
    await holds.inAll(hold, (home) => holds.giveUp(account, home, hold));
  }

  /** Adds an amount to what is settled. */
  async adjust(
    account: string,
    { id, nanoUsd, subjects }: SpendAdjustment,
  ): Promise<SpendBooked | SpendNoWindow> {
    const { holds, reservations } = storeParts.of(this);
    const found = await reservations.read(account, subjects);
    if (found.report.status === 'no-window') {
      return found.report;
    }
    const hold = { id, nanoUsd: 0, places: found.places, note: '' };
    await holds.inAll(hold, (home) => holds.adjust(account, home, hold, nanoUsd));
    return { status: 'done', now: found.report.now };
  }

  /** Returns the figures of subjects. */
  async usage(account: string, subjects: readonly SpendSubject[]): Promise<SpendReport | SpendNoWindow> {
    return (await storeParts.of(this).reservations.read(account, subjects)).report;
  }

  /** Returns holds whose bill has to be learned. */
  claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]> {
    return storeParts.of(this).claims.claim(account, limit, claimMs);
  }

  /** Takes the right to send a warning. */
  async claimWarning(account: string, place: SpendPlace, name: string, claimId: string): Promise<boolean> {
    const { run, keys } = storeParts.of(this);
    const answer = await run(WARN, [keys.span(account, place)], [name, claimId, place.keepUntil ?? '']);
    return wholeNumber(answer) === 1;
  }

  /** Raises what is settled to what it was last known to be. */
  restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow> {
    return storeParts.of(this).reservations.restore(account, subjects, settledNanoUsd);
  }

  /** Notes what a completion was billed. */
  async learn(account: string, name: string, nanoUsd: number): Promise<void> {
    const { run, keys } = storeParts.of(this);
    await run(LEARN, [keys.bills(account, name)], [nanoUsd, BILLS_KEPT, BILLS_KEPT_MS]);
  }

  /** Returns the 95th percentile of the latest bills. */
  async learned(account: string, name: string): Promise<number | undefined> {
    const { run, keys } = storeParts.of(this);
    return learnedBill(listOf(await run(LEARNED, [keys.bills(account, name)], [])).map(wholeNumber));
  }

  /** Returns a text that changes when Redis is emptied, restarts, or fails over to another node. */
  async epoch(account: string): Promise<string> {
    const { run, keys, infos } = storeParts.of(this);
    const [epoch, replications] = await Promise.all([
      run(EPOCH, [keys.epoch(account)], [randomUUID(), EPOCH_KEPT_MS]),
      infos('replication'),
    ]);
    const ids = replications.map((text) => /^master_replid:(\w+)/m.exec(text)?.[1] ?? '');
    return [textOf(epoch), ...ids.sort()].join(' ');
  }

  /** Returns a warning if Redis is set up to drop records when its memory is full. */
  async check(): Promise<readonly string[]> {
    const memories = await storeParts.of(this).infos('memory');
    const policies = memories.map((text) => /^maxmemory_policy:([\w-]+)/m.exec(text)?.[1] ?? 'noeviction');
    const evicting = policies.find((policy) => policy !== 'noeviction');
    return evicting === undefined
      ? []
      : [
          `Redis may drop what was spent when its memory is full (maxmemory-policy ${evicting}), so that limits would not ` +
            'hold. Set it to noeviction.',
        ];
  }
}
