import type { ModulesContainer } from '@nestjs/core';
import { afterLastHook, isBuilt } from './boot-progress.js';
import { checkRegistrations, registrationsIn } from './registration-check.js';

/** A part of an account that is closed with the application. */
export interface AccountPart {
  onModuleDestroy?(): unknown;
  onApplicationShutdown?(): unknown;
}

interface Entry {
  readonly parts: AccountPart[];
  /** To be called once the application is up. */
  readonly starts: (() => void)[];
  /** Whether a key is one of the account's own, by its hash. */
  holdsKey: (hash: string) => boolean;
}

// A string rather than a symbol or a class, so that the CommonJS and the ES module copy of the package share it.
const TOKEN = 'nestjs-openrouter/accounts';

/** How long to wait for a hook of Nest before checking without it whether the application is up. */
const CHECK_INTERVAL_MS = 1_000;

/** A module that is loaded lazily counts as failed after this many checks. */
const MAX_CHECKS = 60;

/**
 * The accounts of one application: refuses registrations that cannot work, starts the accounts when the application is
 * up, and closes them with it.
 *
 * It does so even where Nest calls no hooks: in lazily loaded modules, after a failed boot, and in tests that never
 * call `init()`.
 *
 * | the application          | until                                     | its accounts            |
 * | ------------------------ | ----------------------------------------- | ----------------------- |
 * | `building`               | `onModuleInit`, which may never be called | are up once it is built |
 * | `starting`, by its hooks | the last `onApplicationBootstrap`         | are not up              |
 * | `running`                | `onModuleDestroy`                         | are up once it is built |
 * | `ending`                 | `onApplicationShutdown`                   | no longer poll          |
 * | `ended`                  |                                           | are closed              |
 */
export class ApplicationAccounts {
  readonly #modules: ModulesContainer;
  readonly #accounts = new Map<string, Entry>();
  #state: 'building' | 'starting' | 'running' | 'ending' | 'ended';
  #checked: { readonly size: number; readonly fault?: Error } | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(modules: ModulesContainer) {
    this.#modules = modules;
    // Nest sets a module's distance from the root before it makes any provider, but never for a lazily loaded module.
    const isLazy = [...registrationsIn(modules)].every(({ module }) => module.distance === 0);
    this.#state = isLazy ? 'running' : 'building';
  }

  /** The accounts of the application with these modules; the same object for every copy of the package. */
  static of(modules: ModulesContainer): ApplicationAccounts {
    // Nest's own module: never loaded lazily, and its hooks are called first at the start and last at the end.
    const [core] = modules.values();
    const known = core?.providers.get(TOKEN)?.instance as ApplicationAccounts | undefined;
    if (known !== undefined) {
      return known;
    }
    const accounts = new ApplicationAccounts(modules);
    core?.addProvider({ provide: TOKEN, useValue: accounts });
    return accounts;
  }

  /**
   * Adds an account.
   *
   * @throws `OpenRouterConfigException` for registrations that cannot work.
   */
  add(account: string): void {
    const former = this.#accounts.get(account);
    this.check(former !== undefined);
    // The check allows only one registration, so the former one belongs to a lazy load that has failed.
    void endAll(former?.parts ?? []);
    this.#accounts.set(account, { parts: [], starts: [], holdsKey: () => false });
  }

  /**
   * Checks the registrations whenever their number may have changed.
   *
   * @param isForced - Whether to check in any case.
   * @throws `OpenRouterConfigException` for registrations that cannot work.
   */
  check(isForced = false): void {
    const { size } = this.#modules;
    if (isForced || this.#checked?.size !== size) {
      const fault = checkRegistrations(this.#modules);
      this.#checked = { size, ...(fault !== undefined && { fault }) };
    }
    if (this.#checked.fault !== undefined) {
      throw this.#checked.fault;
    }
  }

  /** Closes a part of an account with the application; at once if the application has ended. */
  closeWithApplication(account: string, part: AccountPart): void {
    this.#accounts.get(account)?.parts.push(part);
    if (this.#state === 'ended') {
      void endAll([part]);
    }
  }

  /** Tells the other accounts of the application which keys an account has. */
  tellKeys(account: string, holdsKey: (hash: string) => boolean): void {
    const entry = this.#accounts.get(account);
    if (entry !== undefined) {
      entry.holdsKey = holdsKey;
    }
  }

  /** Whether a key is one of an account other than the given one, by its hash. */
  isKeyOfOther(account: string, hash: string): boolean {
    return [...this.#accounts].some(([name, { holdsKey }]) => name !== account && holdsKey(hash));
  }

  /** Calls a function once the application is up with the account; never if it fails. */
  whenUp(account: string, start: () => void): void {
    this.#accounts.get(account)?.starts.push(start);
    if (this.#isUp) {
      this.#startAll();
    } else {
      this.#checkLater(MAX_CHECKS);
    }
  }

  /** Nest's hook. */
  onModuleInit(): void {
    this.#state = 'starting';
    this.#stopChecking();
  }

  /** Nest's hook. It is the first of its kind, so any later one may still fail the boot. */
  onApplicationBootstrap(): void {
    afterLastHook(this.#modules, () => {
      if (this.#state === 'starting') {
        this.#state = 'running';
        this.#startAll();
      }
    });
  }

  /** Nest's hook. */
  async onModuleDestroy(): Promise<void> {
    this.#state = 'ending';
    this.#stopChecking();
    await callAll(this.#parts, 'onModuleDestroy');
  }

  /** Nest's hook. */
  async onApplicationShutdown(): Promise<void> {
    this.#state = 'ended';
    await callAll(this.#parts, 'onApplicationShutdown');
  }

  get #parts(): readonly AccountPart[] {
    return [...this.#accounts.values()].flatMap(({ parts }) => parts);
  }

  get #isUp(): boolean {
    return (this.#state === 'building' || this.#state === 'running') && isBuilt(this.#modules);
  }

  #startAll(): void {
    this.#stopChecking();
    // Accounts of a lazy load that has failed are no longer registered.
    for (const { account } of registrationsIn(this.#modules)) {
      for (const start of this.#accounts.get(account)?.starts.splice(0) ?? []) {
        start();
      }
    }
  }

  #checkLater(checksLeft: number): void {
    if (this.#timer !== undefined || (this.#state !== 'building' && this.#state !== 'running')) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isUp) {
        this.#startAll();
      } else if (this.#state === 'running' && checksLeft > 1) {
        this.#checkLater(checksLeft - 1);
      }
    }, CHECK_INTERVAL_MS).unref();
  }

  #stopChecking(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

async function endAll(parts: readonly AccountPart[]): Promise<void> {
  await callAll(parts, 'onModuleDestroy');
  await callAll(parts, 'onApplicationShutdown');
}

/** Calls a hook of all parts, whether or not one fails. */
async function callAll(parts: readonly AccountPart[], hook: keyof AccountPart): Promise<void> {
  await Promise.allSettled(
    parts.map(async (part) => {
      await part[hook]?.();
    }),
  );
}
