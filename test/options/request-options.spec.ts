import { describe, expect, it } from '@jest/globals';
import { CreateCoinbaseChargeRequest } from '../../lib/credits/index.js';
import { OpenRouterValidationException } from '../../lib/errors/index.js';
import { checkRequestOptions } from '../../lib/http/request-options.schema.js';
import { checkArgument } from '../../lib/options/check-argument.js';
import { shown } from '../../lib/options/shown-value.js';
import { SecretString } from '../../lib/secret/secret-string.js';
import { leaksIn } from '../support/leaks.js';

const KEY = `sk-or-v1-${'77aa88bb'.repeat(8)}`;

function refusal(action: () => unknown): OpenRouterValidationException {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OpenRouterValidationException);
    expect(leaksIn(error, [KEY])).toEqual([]);
    return error as OpenRouterValidationException;
  }
  throw new Error('it was accepted');
}

function check(options: unknown) {
  return checkRequestOptions(options as object, 'credits.getCredits');
}

const DURATION = 'must be a number of milliseconds above 0 and at most 2147483647';
const NOT_A_CHECKED_ARGUMENT = [null, [], 'x', 7, true, () => undefined];

describe('options of one call', () => {
  it('may be left out', () => {
    expect(check(undefined)).toEqual({});
    expect(check({})).toEqual({});
    expect({
      ...check({ signal: undefined, timeoutMs: undefined, retry: undefined, apiKey: undefined }),
    }).toEqual({});
  });

  it('keep what they are given', () => {
    const { signal } = new AbortController();
    const apiKey = new SecretString(KEY);
    const retry = { maxRetries: 1, retryCodes: [429] };
    const headers = { 'x-a': 'b' };
    const options = check({ signal, apiKey, timeoutMs: 1, deadlineMs: 2, headers, retry });
    expect(options.signal).toBe(signal);
    expect(options.apiKey).toBe(apiKey);
    expect(options).toMatchObject({ timeoutMs: 1, deadlineMs: 2, headers, retry });
    expect(check({ retry: false }).retry).toBe(false);
  });

  it.each(NOT_A_CHECKED_ARGUMENT)('cannot be %j', (options) => {
    const exception = refusal(() => check(options));
    const problem = `the options must be an object, for example { timeoutMs: 5_000 }; got ${shown(options)}`;
    expect(exception.message).toBe(`credits.getCredits, request options: ${problem}. Nothing was sent.`);
    expect(exception.errors).toEqual([{ property: '', constraints: { isObject: problem } }]);
  });

  it.each<[object, string, string]>([
    [{ timeoutMs: 0 }, 'timeoutMs', `${DURATION}; got 0`],
    [{ timeoutMs: '5' }, 'timeoutMs', `${DURATION}; got '5'`],
    [{ deadlineMs: -1 }, 'deadlineMs', `${DURATION}; got -1`],
    [{ deadlineMs: null }, 'deadlineMs', `${DURATION}; got null`],
    [{ signal: null }, 'signal', 'must be an AbortSignal; got null'],
    [{ signal: new AbortController() }, 'signal', 'must be an AbortSignal; got an object'],
    [{ signal: {} }, 'signal', 'must be an AbortSignal; got an object'],
    [{ signal: 'x' }, 'signal', "must be an AbortSignal; got 'x'"],
    [
      { apiKey: '' },
      'apiKey',
      'must not be blank; check that the environment variable that it comes from is set',
    ],
    [{ apiKey: `${KEY}\n` }, 'apiKey', 'has white space or a line break around it; remove it'],
    [{ apiKey: new SecretString(`Bearer ${KEY}`) }, 'apiKey', 'must be the key alone; leave out "Bearer"'],
    [
      { headers: { Authorization: 'x' } },
      'headers',
      'may not set `authorization`; use `apiKey` or `managementKey`',
    ],
    [
      { headers: [] },
      'headers',
      "must be an object of strings, for example { 'x-team': 'billing' }; got an empty list",
    ],
    [{ retry: true }, 'retry', 'must be false or an object, for example { maxRetries: 1 }; got true'],
    [{ retry: { maxRetries: -1 } }, 'retry.maxRetries', 'must be a whole number from 0 to 100; got -1'],
    [
      { retry: { retryCodes: [200] } },
      'retry.retryCodes',
      'must be a list of HTTP statuses from 400 to 599, for example [429, 503]; got [200]',
    ],
  ])('%j is refused', (options, property, text) => {
    const exception = refusal(() => check(options));
    expect(exception.errors).toEqual([{ property, constraints: { rule: `\`${property}\` ${text}` } }]);
    expect(exception.message).toBe(
      `credits.getCredits, request options: \`${property}\` ${text}. Nothing was sent.`,
    );
  });

  it.each([() => KEY, async () => Promise.resolve(KEY)])(
    'may not be asked for a key by a function',
    (apiKey) => {
      // Without the advice to give a function, which suits the option of the module only.
      expect(refusal(() => check({ apiKey })).message).toContain(
        '`apiKey` must be a string or a SecretString; got a function.',
      );
    },
  );

  it('name every place where they are wrong', () => {
    const { errors } = refusal(() => check({ timeoutMs: 0, retry: { maxRetries: -1, odd: 1 }, [KEY]: 1 }));
    expect(errors.map(({ property }) => property).sort()).toEqual([
      '[redacted]',
      'retry.maxRetries',
      'retry.odd',
      'timeoutMs',
    ]);
  });

  it('take the signal of another realm', () => {
    const foreign = {
      aborted: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    };
    expect(check({ signal: foreign }).signal).toBe(foreign);
  });
});

describe('the request of a charge', () => {
  const charge = (request: unknown) => checkArgument(CreateCoinbaseChargeRequest, request, 'charge');

  it.each<object>([
    { amount: 0.01 },
    { amount: 100_000 },
    { amount: 5, chainId: 1 },
    { amount: 5, chainId: 137, sender: '0x52908400098527886E0F7030069857D2E4169EE7' },
    Object.assign(new CreateCoinbaseChargeRequest(), { amount: 5 }),
  ])('may be %j', (request) => {
    expect(charge(request)).toEqual(request);
    expect(charge(request)).not.toBe(request);
  });

  it.each<[unknown, string[]]>([
    [{}, ['amount']],
    [{ amount: 0 }, ['amount']],
    [{ amount: -5 }, ['amount']],
    [{ amount: 100_000.01 }, ['amount']],
    [{ amount: NaN }, ['amount']],
    [{ amount: Infinity }, ['amount']],
    [{ amount: '5' }, ['amount']],
    [{ amount: null }, ['amount']],
    [{ amount: 5n }, ['amount']],
    [{ amount: 5, sender: '0x123' }, ['sender']],
    [{ amount: 5, sender: null }, ['sender']],
    [{ amount: 5, chainId: 2 }, ['chainId']],
    [{ amount: 5, chainId: '1' }, ['chainId']],
    [{ amount: 5, chain_id: 1 }, ['chain_id']],
    [{ amount: -1, sender: 'x', chainId: 0, more: 1 }, ['amount', 'chainId', 'more', 'sender']],
    [JSON.parse('{"amount":-5,"constructor":1}'), ['amount', 'constructor']],
    [JSON.parse('{"amount":-5,"__proto__":{"amount":5}}'), ['__proto__', 'amount']],
    [JSON.parse('{"amount":-5,"toString":1}'), ['amount', 'toString']],
  ])('cannot be %j', (request, properties) => {
    const { errors, message } = refusal(() => charge(request));
    expect(errors.map(({ property }) => property).sort()).toEqual(properties);
    expect(message).toMatch(/^charge: .*[.?] Nothing was sent\.$/s);
  });

  it.each(NOT_A_CHECKED_ARGUMENT)('cannot be %j at all', (request) => {
    expect(refusal(() => charge(request)).message).toBe('charge: an object is needed. Nothing was sent.');
  });
});
