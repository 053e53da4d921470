import { SHORTEST_RUN } from './shared-runs.js';

/**
 * The spellings in which a server may echo a secret: as it is, escaped for URLs, JSON and HTML, in hexadecimal digits,
 * and in base64, alone or within something else, such as the `user:password` of Basic authentication.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  // Half a surrogate pair has no spelling in a URL.
  const url = encodeURIComponent(bytes.toString());
  const wrapped = [secret, `:${secret}`, `${secret}:`, `Bearer ${secret}`].map((text) => Buffer.from(text));
  return [
    ...new Set([
      secret,
      url,
      encodeURIComponent(url),
      new URLSearchParams([['', secret]]).toString().slice(1),
      JSON.stringify(secret).slice(1, -1),
      escapeHtml(secret),
      hex,
      hex.replace(/../g, '%$&'),
      ...wrapped.flatMap((text) => [
        text.toString('base64'),
        text.toString('base64').replace(/=+$/, ''),
        text.toString('base64url'),
      ]),
      // What is left of a short secret could be anything.
      ...insideBase64(bytes).filter((form) => form.length >= SHORTEST_RUN),
    ]),
  ];
}

/**
 * How bytes look inside base64 of something longer. That depends on where in a group of three they begin; what their
 * neighbours have a part in is left out.
 */
export function insideBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor((padded.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((form) => padded.toString(form).slice(first, end));
  });
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character);
}
