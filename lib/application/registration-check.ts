import type { ModulesContainer } from '@nestjs/core';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { registeredAccount } from '../openrouter.tokens.js';
import { DEFAULT_ACCOUNT } from '../options/option-defaults.js';

/** One of an application's modules. */
type Module = ModulesContainer extends Map<string, infer M> ? M : never;

/** A registered account, the module that registers it, and Nest's record of its provider. */
interface Registration {
  readonly account: string;
  readonly module: Module;
  readonly wrapper: { isDependencyTreeStatic(): boolean };
}

/** The registrations of an application, in the order of its modules. */
export function* registrationsIn(modules: ModulesContainer): Generator<Registration> {
  for (const module of modules.values()) {
    for (const [token, wrapper] of module.providers) {
      const account = registeredAccount(token);
      if (account !== undefined) {
        yield { account, module, wrapper };
      }
    }
  }
}

/**
 * Finds registrations that Nest accepts silently but that do not work: two of the same account, since injection would
 * use one and `app.get` the other; and options that depend on the request, since everything that injects the account
 * would be made again for every request.
 *
 * @returns The first problem, if there is one.
 */
export function checkRegistrations(modules: ModulesContainer): OpenRouterConfigException | undefined {
  const seen = new Set<string>();
  for (const { account, wrapper } of registrationsIn(modules)) {
    if (seen.has(account)) {
      return new OpenRouterConfigException(duplicateMessage(account));
    }
    seen.add(account);
    if (!wrapper.isDependencyTreeStatic()) {
      return new OpenRouterConfigException(
        `${title(account)}: its options depend on the request (something in \`inject\` is request-scoped). ` +
          'Inject only providers of the default scope; for a key that changes per call use `RequestOptions.apiKey`, ' +
          'for a key that rotates a function as `apiKey`.',
      );
    }
  }
  return undefined;
}

function duplicateMessage(account: string): string {
  const otherwise =
    account === DEFAULT_ACCOUNT ? 'give one of them a `name`' : 'give one of them another `name`';
  return (
    `${title(account)} is registered twice in one application. ` +
    'For one account, call forRoot or forRootAsync once, in the root module with `isGlobal: true`, or keep its ' +
    `result in a constant and import that constant everywhere. For two accounts, ${otherwise}.`
  );
}

function title(account: string): string {
  return account === DEFAULT_ACCOUNT
    ? 'OpenRouterModule (the default account)'
    : `OpenRouterModule (account '${account}')`;
}
