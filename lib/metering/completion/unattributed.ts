import { LIMIT_SOURCES } from '../../errors/limit-source.js';
import type { CompletionRefusal } from './open-completion.js';

/** The answer to a request of which it is not known for whom it spends money. */
export const UNATTRIBUTED: CompletionRefusal = Object.freeze({
  message:
    'This application does not send completions of which it does not know for whom they are: `metering.onUnattributed` ' +
    'is `refuse`, and the request has no scope, or one whose names are in no rule of `spendLimits`. Put `@MeterAs` on the ' +
    'route, or make the request inside `metering.run` or with the `fetch` of `metering.fetchFor`.',
  metadata: Object.freeze({ limit_source: LIMIT_SOURCES.unattributed }),
});
