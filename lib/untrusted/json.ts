const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Parses untrusted JSON; `undefined` if the string is not JSON, as with `NaN`. A number too large for a double becomes
 * `Infinity`, which the readers of amounts refuse.
 */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}
