/** The account's own operations, which cost nothing: the first segment of the path below the base URL. */
const FREE = new Set(['keys', 'credits', 'auth', 'workspaces']);

/** Where a request goes: to a completion of the account, to something else of OpenRouter, or elsewhere. */
export type Destination =
  | { readonly kind: 'completion'; readonly path: string }
  | { readonly kind: 'free' }
  | { readonly kind: 'foreign'; readonly origin: string };

/** Tells the destinations of `POST` requests. */
export function destinations(baseUrl: string): (url: string) => Destination | undefined {
  const { origin, pathname } = new URL(baseUrl);
  const base = `${pathname.replace(/\/+$/, '')}/`;
  const find = (text: string): Destination | undefined => {
    const url = parse(text);
    if (url === undefined) {
      return undefined;
    }
    if (url.origin !== origin) {
      return { kind: 'foreign', origin: url.origin };
    }
    if (!url.pathname.startsWith(base)) {
      return { kind: 'free' };
    }
    const path = url.pathname.slice(base.length).replace(/^\/+|\/+$/g, '');
    return path === '' || FREE.has(firstSegment(path))
      ? { kind: 'free' }
      : { kind: 'completion', path: `/${path}` };
  };
  // A client sends to few URLs, and to parse one takes longer than to compare it.
  let last: { readonly text: string; readonly destination: Destination | undefined } | undefined;
  return (text) => {
    if (last?.text !== text) {
      last = { text, destination: find(text) };
    }
    return last.destination;
  };
}

function firstSegment(path: string): string {
  const end = path.indexOf('/');
  return end === -1 ? path : path.slice(0, end);
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
