/**
 * The rows of a marked table of a document, as the cells of a line that begins with a name in code: `| `name` | … |`.
 * The names are the keys; markers are comments, `<!-- mark -->` and `<!-- /mark -->`.
 */
export function rowsOf(text: string, mark: string): Record<string, string[]> {
  const table = new RegExp(`<!-- ${mark} -->(.*)<!-- /${mark} -->`, 's').exec(text)?.[1] ?? '';
  return Object.fromEntries(
    [...table.matchAll(/^\| `([^`]+)` +\|(.+)\|$/gm)].map(([, name, cells]) => [
      name!,
      cells!.split(/(?<!\\)\|/).map((cell) => cell.trim()),
    ]),
  );
}

/** The same with the first cell alone, which holds a default; without its code marks. */
export function defaultsOf(text: string, mark: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rowsOf(text, mark)).map(([name, [value]]) => [name, value!.replaceAll('`', '')]),
  );
}
