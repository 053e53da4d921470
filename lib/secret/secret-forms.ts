import { MIN_RUN_LENGTH } from './shared-runs.js';

/**
 * The spellings in which a server may echo a secret: unchanged, escaped for URLs, JSON or HTML, in hexadecimal digits,
 * and in base64, alone or as part of something longer, such as the `user:password` of Basic authentication.
 */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  // encodeURIComponent throws for a lone surrogate, which the way through bytes replaces.
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
      // The fragment of a short secret could match anything.
      ...insideBase64(bytes).filter((form) => form.length >= MIN_RUN_LENGTH),
    ]),
  ];
}

/**
 * How bytes look inside the base64 of something longer: one form for each position in a group of three bytes.
 * Characters that also depend on neighbouring bytes are left out.
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
