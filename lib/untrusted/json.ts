const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Parses untrusted JSON; `undefined` for a text that is none. `NaN` and the like are none, either; a number too large
 * for a double becomes `Infinity`, which the readers of amounts refuse.
 */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}
