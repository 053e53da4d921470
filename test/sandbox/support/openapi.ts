import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { parse } from 'yaml';

// Jest and Node disagree on what the default import of a CommonJS module is.
const addFormats = ((addFormatsModule as any).default ?? addFormatsModule) as (ajv: Ajv2020) => unknown;

interface Operation {
  responses: Record<string, { content?: { 'application/json'?: { schema?: object; example?: any } } }>;
}

/** The slice of OpenRouter's OpenAPI document that describes its account endpoints; it is no part of this package. */
export const DOCUMENT_FILE =
  process.env['OPENROUTER_OPENAPI'] ?? resolve('..', 'shared', 'openapi', 'openrouter-account.yaml');

const document = existsSync(DOCUMENT_FILE)
  ? (parse(readFileSync(DOCUMENT_FILE, 'utf8')) as { paths: Record<string, Record<string, Operation>> })
  : undefined;

export const isDocumentThere = document !== undefined;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
if (document !== undefined) ajv.addSchema(document, 'openapi');

/** An answer that the document describes: `GET /keys/{hash} 404`. */
export interface DocumentedAnswer {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The message of an error's example. */
  readonly message: string | undefined;
}

export const documentedAnswers: readonly DocumentedAnswer[] = Object.entries(document?.paths ?? {}).flatMap(
  ([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.entries(responses).map(([status, { content }]) => ({
        id: `${method.toUpperCase()} ${path} ${status}`,
        method: method.toUpperCase(),
        path,
        status: Number(status),
        message: content?.['application/json']?.example?.error?.message,
      })),
    ),
);

/**
 * What is wrong with an answer by the document, or `undefined`. Says nothing of operations and statuses that the
 * document does not have.
 */
export function problemOf(method: string, path: string, status: number, body: unknown): string | undefined {
  const validate = validatorOf(method, path, status);
  if (validate === undefined || validate(body)) return undefined;
  return `${method} ${path} ${status}: ${ajv.errorsText(validate.errors, { dataVar: 'body' })}`;
}

/** The id of the documented answer that this is one of. */
export function documentedId(method: string, path: string, status: number): string | undefined {
  const pathname = path.split('?')[0] ?? '';
  return documentedAnswers.find(
    (answer) =>
      answer.method === method && answer.status === status && templateOf(answer.path).test(pathname),
  )?.id;
}

function validatorOf(method: string, path: string, status: number): ValidateFunction | undefined {
  const id = documentedId(method, path, status);
  const template = id?.split(' ')[1]?.replaceAll('~', '~0').replaceAll('/', '~1');
  return template === undefined
    ? undefined
    : ajv.getSchema(
        `openapi#/paths/${encodeURIComponent(template)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`,
      );
}

function templateOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
