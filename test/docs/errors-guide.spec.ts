import { describe, expect, it } from '@jest/globals';
import { createApiException } from '../../lib/errors/api-exception.factory.js';
import {
  classifyOpenRouterError,
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterSpendLimitException,
  OpenRouterSpendStoreException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from '../../lib/errors/index.js';
import * as errors from '../../lib/errors/index.js';
import { scrubShapes } from '../../lib/secret/scrub.js';
import { textOf } from './documents.js';

interface Row {
  readonly status: string;
  readonly limitSource: string;
  readonly exception: string;
  readonly verdict: string;
  readonly passes: string;
}

function rowsOf(text: string): Row[] {
  const table = /<!-- errors -->(.*)<!-- \/errors -->/s.exec(text)?.[1] ?? '';
  return [...table.matchAll(/^\|(.+)\|$/gm)].slice(2).map(([, line]) => {
    const [status, limitSource, exception, verdict, passes] = line!
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''));
    return {
      status: status!,
      limitSource: limitSource!,
      exception: exception!,
      verdict: verdict!,
      passes: passes!,
    };
  });
}

/** One that no class of its own stands for. */
const OTHERS: Readonly<Record<string, number>> = { '3XX': 302, '4XX': 418, '5XX': 520 };

const UNANSWERED: readonly OpenRouterException[] = [
  new OpenRouterConnectionException({ message: 'lost', delivery: 'unknown', phase: 'headers' }),
  new OpenRouterTimeoutException({ message: 'late', delivery: 'unknown', phase: 'headers', timeoutMs: 1 }),
  new OpenRouterAbortException({ message: 'ended', delivery: 'unknown' }),
  new OpenRouterResponseException({ message: 'odd', delivery: 'applied' }),
  new OpenRouterValidationException('call', []),
  new OpenRouterConfigException('no key'),
  new OpenRouterInsufficientCreditsException({ message: 'too little', required: 1, spendable: 0 }),
  new OpenRouterSpendLimitException({
    message: 'reached',
    rule: 'tenant',
    subject: { tenant: 'acme' },
    period: 'day',
    limitUsd: 1,
    spentUsd: 1,
    heldUsd: 0,
    requiredUsd: 0.05,
    resetsAt: new Date(0),
  }),
  new OpenRouterSpendStoreException('no answer'),
];

function exceptionOf({ status: told, limitSource, exception }: Row): OpenRouterException | undefined {
  if (told === 'none') return UNANSWERED.find(({ name }) => name === exception);
  const status = OTHERS[told] ?? Number(told);
  const source = limitSource === 'any other' ? 'openrouter_new_limit' : limitSource;
  const metadata = source === '–' ? undefined : { limit_source: source };
  return createApiException({
    status,
    header: () => undefined,
    body: JSON.stringify({ error: { code: status, message: 'As it is.', metadata } }),
    operation: 'credits.getCredits',
    scrub: scrubShapes,
  });
}

const ROWS = rowsOf(textOf('docs/errors.md'));

describe('the table of errors in the guide', () => {
  it.each(ROWS)('is right about $status $limitSource $exception', (row) => {
    const exception = exceptionOf(row);
    expect(exception?.name).toBe(row.exception);
    const { kind, isTransient } = classifyOpenRouterError(exception);
    expect({ kind, passes: isTransient ? 'yes' : 'no' }).toEqual({ kind: row.verdict, passes: row.passes });
  });

  it('has every exception', () => {
    const classes = Object.keys(errors).filter(
      (name) => name.endsWith('Exception') && !name.startsWith('is'),
    );
    const told = new Set(['OpenRouterException', ...ROWS.map(({ exception }) => exception)]);
    expect(classes.filter((name) => !told.has(name))).toEqual([]);
  });
});
