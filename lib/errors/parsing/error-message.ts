import { STATUS_CODES } from 'node:http';
import type { Scrub } from '../../secret/scrub.js';
import { bounded, scrubBounded } from '../../untrusted/bounded-text.js';
import { tryParseJson } from '../../untrusted/json.js';
import { isObject, peek, nonBlankString } from '../../untrusted/peek.js';
import type { AnswerSource } from './answer-source.js';
import type { HeaderReader } from './header-reader.js';
import type { WireError } from './wire-error.js';

/** An error answer, wherever it was found. */
export interface ErrorAnswer {
  /** `undefined` if only the content is known. */
  readonly status: number | undefined;
  readonly header: HeaderReader;
  /** The body as a string; `undefined` if it is not known. */
  readonly text: string | undefined;
  /** The parsed body; `undefined` if it is not JSON. */
  readonly content: unknown;
  /** Whether the body was cut, so that the content is incomplete. */
  readonly isCut?: boolean | undefined;
  /** The error in the content, if it was found already. */
  readonly error?: WireError | undefined;
  /** Whose answer it is; OpenRouter's by default. */
  readonly source?: AnswerSource | undefined;
}

const REASONS: Readonly<Record<number, string>> = { 524: 'A Timeout Occurred', 529: 'Provider Overloaded' };

const MAX_MESSAGE_LENGTH = 1_000;
const MAX_EXCERPT_LENGTH = 200;
const MAX_ISSUES = 20;
const MAX_PATH_STEPS = 10;

/** The message of an answer in a form that may be shown: scrubbed, shortened, without control characters. */
export function messageOfAnswer(answer: ErrorAnswer, scrub: Scrub): string {
  const { error, content } = answer;
  const message = error?.errors.map(messageOf).find((text) => text !== undefined);
  return showable(message ?? messageIn(content) ?? describeAnswer(answer, scrub), scrub);
}

/** A string in a form that may be shown. It is scrubbed before it is cut: no pattern recognises a part of a key. */
export function showable(text: string, scrub: Scrub): string {
  return printable(scrubBounded(text, scrub)).slice(0, MAX_MESSAGE_LENGTH);
}

/** The beginning of a string, on one line. */
export function excerpt(text: string): string {
  const line = bounded(text).trim().replace(/\s+/g, ' ');
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH)}…` : line;
}

/** The message in content of any shape that OpenRouter and the proxies in front of it are known to send. */
export function messageIn(content: unknown): string | undefined {
  if (!isObject(content) || Array.isArray(content)) {
    return undefined;
  }
  const error = peek(content, 'error');
  return (
    (Array.isArray(error) ? undefined : messageOf(error)) ??
    messageOf(content) ??
    nonBlankString(error) ??
    nonBlankString(peek(content, 'detail')) ??
    nonBlankString(peek(content, 'title'))
  );
}

function messageOf(value: unknown): string | undefined {
  const message = nonBlankString(peek(value, 'message'));
  return message === undefined ? undefined : (summaryOfIssues(message) ?? message);
}

/** Some routes send Zod's list of issues as JSON inside the message. */
function summaryOfIssues(message: string): string | undefined {
  const issues = message.startsWith('[') ? tryParseJson(message) : undefined;
  if (!Array.isArray(issues)) {
    return undefined;
  }
  const summary = issues.slice(0, MAX_ISSUES).flatMap((issue: unknown) => {
    const text = nonBlankString(peek(issue, 'message'));
    const path = peek(issue, 'path');
    const steps: unknown[] = Array.isArray(path) ? path.slice(0, MAX_PATH_STEPS) : [];
    const where = steps.filter((step) => typeof step !== 'object').join('.');
    return text === undefined ? [] : [where === '' ? text : `${where}: ${text}`];
  });
  return summary.length === 0 ? undefined : summary.join('; ');
}

/** An object, or a list of strings, lists or objects; a bracket alone may also begin a line of a log. */
const JSON_BEGINS = /^\s*(?:\{|\[\s*(?:[[{"\]]|$))/;

/** A description of an answer that has no message. */
function describeAnswer(answer: ErrorAnswer, scrub: Scrub): string {
  const { status, header, text: whole, content, isCut, source = 'openrouter' } = answer;
  const who = source === 'openrouter' ? 'OpenRouter' : 'The server';
  const answered = `${who} answered ${describeStatus(status)}`;
  if (status !== undefined && status >= 300 && status < 400) {
    return `${answered}; redirects are not followed, since they could carry the key elsewhere. Check \`baseUrl\`.`;
  }
  if (content !== undefined && isCut !== true) {
    return `${answered} without a message.`;
  }
  if (whole === undefined) {
    return `${answered}, and its body could not be read.`;
  }
  const text = scrubBounded(whole.trimStart(), scrub);
  if (text.trim() === '') {
    return `${answered} with an empty body.`;
  }
  if (JSON_BEGINS.test(whole)) {
    return messageOfBrokenJson(bounded(whole)) ?? `${answered} with JSON that is cut short.`;
  }
  if (/^\s*</.test(text) || header('content-type')?.includes('html') === true) {
    const title = /<title[^>]{0,200}>([^<]*)/i.exec(text)?.[1];
    return `${answered} with a page instead of JSON${title === undefined ? '.' : `: ${excerpt(title)}`}`;
  }
  return `${answered}: ${excerpt(text)}`;
}

/** The first message in incomplete JSON. Nothing else of it is shown: it may hold the account's id. */
function messageOfBrokenJson(text: string): string | undefined {
  const literal = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  return literal === undefined ? undefined : nonBlankString(tryParseJson(literal));
}

function describeStatus(status: number | undefined): string {
  if (status === undefined) {
    return 'with an error';
  }
  const reason = STATUS_CODES[status] ?? REASONS[status];
  return reason === undefined ? String(status) : `${status} (${reason})`;
}

/** Replaces the control characters with which a message could rewrite a log or a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, ' ');
}
