import { defineOptions, mustBe } from './define-options.js';
import { functionOf } from './option-rules.js';
import type { OpenRouterAxiosOptions } from './openrouter-options.js';
import { isRecord } from '../untrusted/is-record.js';

type Option<Name extends keyof OpenRouterAxiosOptions> = NonNullable<OpenRouterAxiosOptions[Name]>;

const ADAPTERS: readonly unknown[] = ['http', 'fetch'];
const FAMILIES: readonly unknown[] = [0, 4, 6];

const isAgent = (value: unknown): boolean => isRecord(value) && typeof value['addRequest'] === 'function';

/** The adapters of a list, or the only one. Axios skips `false` and `null` in a list, and `undefined` means absent. */
export function adaptersIn(adapter: unknown): unknown[] {
  return [adapter].flat().filter((each) => each !== undefined && each !== null && each !== false);
}

/** Without these rules, a wrong setting would fail the first call as if OpenRouter could not be reached. */
export const AXIOS_OPTIONS = defineOptions<OpenRouterAxiosOptions>('{ httpsAgent }', {
  adapter: mustBe<Option<'adapter'>>("a function, 'http' or 'fetch', or a list of them", (value) => {
    const adapters = adaptersIn(value);
    return (
      adapters.length > 0 &&
      adapters.every((adapter) => typeof adapter === 'function' || ADAPTERS.includes(adapter))
    );
  }),
  family: mustBe<Option<'family'>>('4 or 6', (value) => FAMILIES.includes(value)),
  httpAgent: mustBe<Option<'httpAgent'>>('an agent, for example new http.Agent()', isAgent),
  httpsAgent: mustBe<Option<'httpsAgent'>>('an agent, for example new https.Agent()', isAgent),
  lookup: functionOf<Option<'lookup'>>(),
  proxy: mustBe<Option<'proxy'>>(
    'false or an object with `host` and `port`',
    (value) => value === false || (isRecord(value) && typeof value['host'] === 'string'),
  ),
});
