import type { Scrub } from '../../secret/scrub.js';
import { scrubBounded } from '../../untrusted/bounded-text.js';
import { isObject, peek, nonBlankString, wireMember } from '../../untrusted/peek.js';
import { parseErrorText } from './error-text.js';

/** OpenRouter's message for an error of a provider, whose own words are in the metadata. */
const GENERIC = /^\s*(provider returned error)\b/i;
const ONLY_GENERIC = /^\s*provider returned error[\s.!]*$/i;

/** The members that may hold the message of an answer, OpenRouter's or a provider's. */
const MESSAGES = ['message', 'error_message', 'error', 'detail', 'msg', 'title'] as const;
const MAX_DEPTH = 4;

const MAX_NAME_LENGTH = 60;
const MAX_REASON_LENGTH = 200;

/** Whether a message is OpenRouter's for any error of a provider: then nothing in it is about the account. */
export function isGeneric(message: string): boolean {
  return GENERIC.test(message);
}

/** Whether an error was passed on from a provider: its money and its limits are not the account's. */
export function isRelayed(message: string, metadata: unknown): boolean {
  return (
    isGeneric(message) ||
    ['raw', 'provider_name', 'provider_code', 'provider_error_code', 'is_byok'].some((name) => {
      const value = wireMember(metadata, name);
      return value !== undefined && value !== null;
    })
  );
}

/** A message; if it only says that a provider failed, with the provider's name and reason. */
export function withReason(message: string, metadata: unknown, scrub: Scrub): string {
  if (!ONLY_GENERIC.test(message)) {
    return message;
  }
  const name = shortened(nonBlankString(wireMember(metadata, 'provider_name')), MAX_NAME_LENGTH, scrub);
  const reason = shortened(reasonIn(peek(metadata, 'raw')), MAX_REASON_LENGTH, scrub);
  const said = GENERIC.exec(message)?.[1] ?? message;
  const whose = name === undefined ? said : `${said} (${name})`;
  return name === undefined && reason === undefined
    ? message
    : reason === undefined
      ? whose
      : `${whose}: ${reason}`;
}

/** The message in a provider's answer, which may be JSON, an object, or a plain string. */
export function reasonIn(raw: unknown): string | undefined {
  const text = nonBlankString(raw);
  if (text === undefined) {
    return messageIn(raw, 0);
  }
  const { content, isCut } = parseErrorText(text);
  const reason = isObject(content) ? messageIn(content, 0) : undefined;
  if (reason !== undefined || (isObject(content) && !isCut)) {
    return reason;
  }
  return titleOf(text) ?? (/^\s*[<[{]/.test(text) ? undefined : text);
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (depth === MAX_DEPTH || !isObject(value)) {
    return undefined;
  }
  if (Array.isArray(value)) {
    return messageIn(value[0], depth + 1);
  }
  // The innermost message says the most; those around it may only say that there was an error.
  const inner = messageIn(peek(value, 'error'), depth + 1);
  if (inner !== undefined) {
    return inner;
  }
  const said = MESSAGES.map((name) => nonBlankString(peek(value, name))).find((text) => text !== undefined);
  return said?.trimStart().startsWith('{') === true ? (reasonOfQuoted(said, depth) ?? said) : said;
}

function reasonOfQuoted(text: string, depth: number): string | undefined {
  return messageIn(parseErrorText(text).content, depth + 1);
}

function titleOf(text: string): string | undefined {
  return nonBlankString(/<title[^>]{0,200}>([^<]{0,400})/i.exec(text)?.[1]);
}

function shortened(text: string | undefined, longest: number, scrub: Scrub): string | undefined {
  const line = text === undefined ? '' : scrubBounded(text, scrub).replace(/\s+/g, ' ').trim();
  return line === '' ? undefined : line.length > longest ? `${line.slice(0, longest)}…` : line;
}
