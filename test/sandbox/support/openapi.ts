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

const NULLABLE_TEXT = { type: ['string', 'null'] };

/** As in the newer official SDKs, which know what the document does not yet. */
const KEY_BUDGET = {
  type: 'object',
  properties: {
    budget_id: NULLABLE_TEXT,
    guardrail_id: NULLABLE_TEXT,
    include_byok: { type: 'boolean' },
    limit_usd: { type: 'number' },
    spend_usd: { type: 'number' },
    remaining_usd: { type: 'number' },
    reset_interval: NULLABLE_TEXT,
    resets_at: { type: ['string', 'null'], format: 'date-time' },
    scope: { type: 'string' },
  },
  required: [
    'budget_id',
    'guardrail_id',
    'include_byok',
    'limit_usd',
    'spend_usd',
    'remaining_usd',
    'reset_interval',
    'resets_at',
    'scope',
  ],
  additionalProperties: false,
};

/** What `data` of an answer has beyond the document, by name. */
const NEWER_MEMBERS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'GET /key 200': {
    budgets: { type: 'array', items: KEY_BUDGET },
    effective_budget: { anyOf: [KEY_BUDGET, { type: 'null' }] },
    allowed_data_regions: { type: 'array', items: { type: 'string' } },
    free_model_daily_requests: { type: 'object' },
    organization_id: NULLABLE_TEXT,
    workspace_id: NULLABLE_TEXT,
  },
};

/**
 * What is wrong with the members of an answer's `data` that the document does not have, or `undefined`: each has to be
 * allowed here by its name, and to have the form that it has there.
 */
export function newerProblemOf(id: string, body: { readonly data?: object }): string | undefined {
  const [method = '', path = '', status = ''] = id.split(' ');
  const answer: any = document?.paths[path]?.[method.toLowerCase()]?.responses[status];
  const known = answer?.content?.['application/json']?.schema?.properties?.data?.properties;
  const data = Object.entries(body.data ?? {});
  const newer = Object.fromEntries(data.filter(([name]) => known?.[name] === undefined));
  const allowed = NEWER_MEMBERS[id] ?? {};
  const schema = {
    type: 'object',
    properties: allowed,
    required: Object.keys(allowed),
    additionalProperties: false,
  };
  const validate = ajv.compile(schema);
  return validate(newer) ? undefined : `${id}: ${ajv.errorsText(validate.errors, { dataVar: 'data' })}`;
}

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
