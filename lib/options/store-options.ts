import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { kindOf } from './shown-value.js';
import { unknownName } from './unknown-name.js';

/**
 * Checks that the options of a store are an object without unknown names.
 *
 * @param store - The class of the store, for the message.
 * @param known - The names of its options.
 * @throws `OpenRouterConfigException` that names the first unknown option, and the one that was probably meant.
 */
export function checkStoreOptions(store: string, options: unknown, known: readonly string[]): void {
  if (!isRecord(options)) {
    throw new OpenRouterConfigException(
      `${store}: the options must be an object, for example { ${known[0] ?? ''}: … }; got ${kindOf(options)}.`,
    );
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const message = unknownName(unknown.slice(0, 40), known);
    throw new OpenRouterConfigException(`${store}: ${message}${message.endsWith('?') ? '' : '.'}`);
  }
}
