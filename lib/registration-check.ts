import type { ModulesContainer } from '@nestjs/core';
import { OpenRouterConfigException } from './errors/client.exceptions.js';
import { accountOfToken } from './openrouter.tokens.js';
import { DEFAULT_ACCOUNT } from './options/option-defaults.js';

/**
 * Finds registrations that Nest itself would accept in silence and that would then go wrong: two of the same account,
 * of which injection would take one and `app.get` the other; and options that depend on a request, which would make
 * everything that injects the account be built anew for every request.
 *
 * @throws `OpenRouterConfigException`
 */
export function checkRegistrations(modules: ModulesContainer): void {
  const seen = new Set<string>();
  for (const module of modules.values()) {
    for (const [token, provider] of module.providers) {
      const account = accountOfToken(token);
      if (account === undefined) {
        continue;
      }
      if (seen.has(account)) {
        throw new OpenRouterConfigException(twice(account));
      }
      seen.add(account);
      if (!provider.isDependencyTreeStatic()) {
        throw new OpenRouterConfigException(
          `${title(account)}: its options depend on the request (something in \`inject\` is request-scoped). ` +
            'Inject only providers of the default scope; for a key that changes per call use `RequestOptions.apiKey`, ' +
            'for a key that rotates a function as `apiKey`.',
        );
      }
    }
  }
}

function twice(account: string): string {
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
