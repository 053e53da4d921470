import type { SpendScope } from '../../contracts/completion-cost.js';
import { LIMIT_SOURCES } from '../../errors/limit-source.js';
import { quotedNames } from '../../spend-limits/spend-limits-arguments.js';
import type { CompletionRefusal } from './open-completion.js';

const REMEDY =
  'Put `@MeterAs` on the route, or make the request inside `metering.run` or with the `fetch` of `metering.fetchFor`.';

/** The answer to a request of which it is not known for whom it spends money. */
export function unattributed(scope: SpendScope | undefined, ruleNames: readonly string[]): CompletionRefusal {
  const names = Object.keys(scope ?? {});
  const why =
    names.length === 0
      ? `the request has no scope. ${REMEDY}`
      : `no rule of \`spendLimits\` counts by the names of its scope, ${quotedNames(names)}; rules count by ` +
        `${quotedNames(ruleNames)}.`;
  return {
    message:
      'This application does not send completions of which it does not know for whom they are ' +
      `(\`metering.onUnattributed\` is \`refuse\`): ${why} Nothing was sent to OpenRouter.`,
    metadata: { limit_source: LIMIT_SOURCES.unattributed },
  };
}
