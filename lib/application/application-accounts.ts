import type { ModulesContainer } from '@nestjs/core';
import { afterLastHook, isBuilt } from './boot-progress.js';
import { checkRegistrations, registrationsIn } from './registration-check.js';

/** A part of an account that ends with the application. */
export interface AccountPart {
  onModuleDestroy?(): unknown;
  onApplicationShutdown?(): unknown;
}

interface Account {
  readonly parts: AccountPart[];
  /** What is to be called once the application has come up. */
  readonly starts: (() => void)[];
}

// A text rather than a symbol or a class: the CommonJS and the ES module copy of the package share what it names.
const TOKEN = 'nestjs-openrouter/accounts';

/** How long to wait for a hook before looking whether there will be one. */
const LOOK_MS = 1_000;

/** A module that is loaded lazily has this many looks to be made; after that it counts as failed. */
const MOST_LOOKS = 60;

/**
 * The accounts of one application: refuses those that cannot work, starts them when the application has come up, and
 * ends them with it.
 *
 * It stands in for Nest where Nest calls no hooks: in modules that are loaded lazily, after a boot that has failed, and
 * in tests that never call `init()`.
 *
 * | the application          | until                                | its accounts            |
 * | ------------------------ | ------------------------------------ | ----------------------- |
 * | `building`               | `onModuleInit`, which may never come | are up once it is built |
 * | `starting`, by its hooks | the last `onApplicationBootstrap`    | are not up              |
 * | `running`                | `onModuleDestroy`                    | are up once it is built |
 * | `ending`                 | `onApplicationShutdown`              | poll no longer          |
 * | `ended`                  |                                      | are closed              |
 */
export class ApplicationAccounts {
  readonly #modules: ModulesContainer;
  readonly #accounts = new Map<string, Account>();
  #state: 'building' | 'starting' | 'running' | 'ending' | 'ended';
  #checked: { readonly size: number; readonly fault?: Error } | undefined;
  #look: NodeJS.Timeout | undefined;

  private constructor(modules: ModulesContainer) {
    this.#modules = modules;
    // Nest measures how far a module is from the root before it makes anything, and never for one that it loads later.
    const isLazy = [...registrationsIn(modules)].every(({ module }) => module.distance === 0);
    this.#state = isLazy ? 'running' : 'building';
  }

  /** Those of the application that has these modules; the same for every copy of the package. */
  static of(modules: ModulesContainer): ApplicationAccounts {
    // Nest's own module: never loaded lazily, the first to be told of the start and the last to be told of the end.
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
   * Takes an account in.
   *
   * @throws `OpenRouterConfigException` for registrations that cannot work.
   */
  enter(account: string): void {
    const former = this.#accounts.get(account);
    this.check(former !== undefined);
    // There is one registration alone, so that the former one was of a lazy load that has failed.
    void endAll(former?.parts ?? []);
    this.#accounts.set(account, { parts: [], starts: [] });
  }

  /**
   * Looks at the registrations whenever there may be other ones.
   *
   * @param isSuspicious - Whether to look in any case.
   * @throws `OpenRouterConfigException` for registrations that cannot work.
   */
  check(isSuspicious = false): void {
    const { size } = this.#modules;
    if (isSuspicious || this.#checked?.size !== size) {
      const fault = checkRegistrations(this.#modules);
      this.#checked = { size, ...(fault !== undefined && { fault }) };
    }
    if (this.#checked.fault !== undefined) {
      throw this.#checked.fault;
    }
  }

  /** Has a part of an account end with the application, or at once where it has ended. */
  follow(account: string, part: AccountPart): void {
    this.#accounts.get(account)?.parts.push(part);
    if (this.#state === 'ended') {
      void endAll([part]);
    }
  }

  /** Calls a function once the application has come up with the account; never, if it does not. */
  whenUp(account: string, start: () => void): void {
    this.#accounts.get(account)?.starts.push(start);
    if (this.#isUp) {
      this.#startAll();
    } else {
      this.#lookLater(MOST_LOOKS);
    }
  }

  /** Nest's hook. */
  onModuleInit(): void {
    this.#state = 'starting';
    this.#stopLooking();
  }

  /** Nest's hook: the first of its kind, while any later one may still fail the boot. */
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
    this.#stopLooking();
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
    this.#stopLooking();
    // Those of a lazy load that has failed are gone.
    for (const { account } of registrationsIn(this.#modules)) {
      for (const start of this.#accounts.get(account)?.starts.splice(0) ?? []) {
        start();
      }
    }
  }

  #lookLater(looks: number): void {
    if (this.#look !== undefined || (this.#state !== 'building' && this.#state !== 'running')) {
      return;
    }
    this.#look = setTimeout(() => {
      this.#look = undefined;
      if (this.#isUp) {
        this.#startAll();
      } else if (this.#state === 'running' && looks > 1) {
        this.#lookLater(looks - 1);
      }
    }, LOOK_MS).unref();
  }

  #stopLooking(): void {
    clearTimeout(this.#look);
    this.#look = undefined;
  }
}

async function endAll(parts: readonly AccountPart[]): Promise<void> {
  await callAll(parts, 'onModuleDestroy');
  await callAll(parts, 'onApplicationShutdown');
}

/** One that fails keeps no other from its end. */
async function callAll(parts: readonly AccountPart[], hook: keyof AccountPart): Promise<void> {
  await Promise.allSettled(
    parts.map(async (part) => {
      await part[hook]?.();
    }),
  );
}
