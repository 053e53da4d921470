const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Parses untrusted JSON. `NaN` and the like are syntax errors; a number too large for a double becomes `Infinity`,
 * which the readers of amounts refuse.
 *
 * @throws `SyntaxError` whose message quotes nothing of the text.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as unknown;
  } catch {
    // V8 quotes the text in its message, and the text may hold a secret.
    throw new SyntaxError('The text is not valid JSON.');
  }
}

/** Like {@link parseJson}, but `undefined` for a text that is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
