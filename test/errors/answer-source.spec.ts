import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import axios from 'axios';
import OpenAI from 'openai';
import {
  classifyOpenRouterError,
  isKeyLimitReached,
  isOutOfCredits,
  type OpenRouterErrorKind,
} from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import { cleanUp, startServer } from '../support/servers.js';

afterEach(cleanUp);

const PAYMENT = { kind: 'payment-required', status: 402, isTransient: false };
const OPENROUTER = 'https://openrouter.ai/api/v1/chat/completions';
const OTHER = 'https://pay.example/charges';

const errorOf = (message: string, members: object): Error => Object.assign(new Error(message), members);

/** What axios throws for an answer of an address. */
const axiosError = (url: string, status: number, data: unknown): Error =>
  errorOf(`Request failed with status code ${status}`, {
    isAxiosError: true,
    config: { url },
    response: { status, headers: {}, data },
  });

/** What Stripe's client throws. */
const stripeError = (message: string, more: object = {}): Error =>
  errorOf(message, {
    type: 'StripeCardError',
    statusCode: 402,
    code: 'card_declined',
    raw: { type: 'card_error', code: 'card_declined', message, statusCode: 402 },
    ...more,
  });

/** What `openai` throws; its errors do not tell which address they come from. */
const openAiError = (status: number, error: object | undefined): Error =>
  OpenAI.APIError.generate(status, error && { error }, undefined, new Headers());

describe('a 402 without anything of OpenRouter’s', () => {
  it.each<[string, unknown]>([
    ['a card that is declined', stripeError('Your card was declined.')],
    [
      'a card without funds',
      stripeError('Your card has insufficient funds.', { decline_code: 'insufficient_funds' }),
    ],
    ['an exception of the application', new HttpException('Not enough credits in your wallet', 402)],
    ['one in OpenRouter’s words', new HttpException('Insufficient credits', 402)],
    [
      'one in OpenRouter’s form',
      new HttpException({ error: { code: 402, message: 'Insufficient credits' } }, 402),
    ],
    ['one that is wrapped', new Error('failed', { cause: new HttpException('Pay first', 402) })],
    ['another service', axiosError(OTHER, 402, { message: 'Subscription expired' })],
    ['another service, in OpenRouter’s words', axiosError(OTHER, 402, { message: 'Insufficient credits' })],
    ['another service, with a text', axiosError(OTHER, 402, 'Insufficient credits')],
    [
      'another service that is asked about OpenRouter',
      axiosError(`${OTHER}?for=${OPENROUTER}`, 402, { message: 'no' }),
    ],
    ['a payment by x402', axiosError(OTHER, 402, { x402Version: 1, error: 'X-PAYMENT header is required' })],
    [
      'a provider that is asked directly',
      openAiError(402, {
        message: 'Insufficient Balance',
        type: 'unknown_error',
        param: null,
        code: 'invalid_request_error',
      }),
    ],
    [
      'a provider that sends its status',
      openAiError(402, { message: 'Insufficient funds', type: 'insufficient_funds', code: 402 }),
    ],
    ['openai without a body', openAiError(402, undefined)],
    ['a status', { status: 402 }],
    ['a code', errorOf('No.', { code: 402 })],
    ['an empty body', { status: 402, body: '' }],
    ['a page', { status: 402, body: '<html><title>Payment Required</title></html>' }],
    ['what only resembles it', errorOf('User 7 has insufficient credits to buy a sword', { status: 402 })],
    ['what resembles it at the end', errorOf('You have insufficient credits.', { status: 402 })],
    ['a body that was not read', new Response('{}', { status: 402 })],
    ['a body of OpenRouter’s that was not read', { response: { status: 402, url: OPENROUTER } }],
  ])('is of nobody: %s', (_name, error) => {
    const verdict = classifyOpenRouterError(error);
    expect(verdict).toMatchObject(PAYMENT);
    expect(verdict.limitSource).toBeUndefined();
    expect(verdict.message).not.toMatch(/^OpenRouter answered/);
    expect(isOutOfCredits(error)).toBe(false);
  });

  it('passes where it says when to come back', () => {
    const verdict = classifyOpenRouterError({ status: 402, headers: { 'retry-after': '7' } });
    expect(verdict).toMatchObject({ kind: 'payment-required', isTransient: true, retryAfterMs: 7_000 });
    expect(verdict.limitSource).toBeUndefined();
  });

  it('is of nobody from another service of the application', async () => {
    const { baseUrl } = await startServer((_request, response) => {
      response.writeHead(402, { 'content-type': 'application/json' });
      response.end('{"message":"Insufficient credits"}');
    });
    const failure = await failureOf(axios.get(baseUrl));
    expect(classifyOpenRouterError(failure)).toMatchObject({ ...PAYMENT, message: 'Insufficient credits' });
  });
});

describe('a 403 of another service', () => {
  it.each<[string, unknown]>([
    ['at its address', axiosError(OTHER, 403, { error: { message: 'API key limit exceeded' } })],
    ['in OpenRouter’s words', axiosError(OTHER, 403, { message: 'Key limit exceeded (daily limit)' })],
    ['of no address', errorOf('Your API key limit exceeded the plan', { status: 403 })],
    ['of the application', new HttpException('Budget limit exceeded', 403)],
  ])('is no limit of a key: %s', (_name, error) => {
    expect(classifyOpenRouterError(error)).toMatchObject({ kind: 'forbidden', status: 403 });
    expect(isKeyLimitReached(error)).toBe(false);
  });
});

describe('a refusal that tells whose it is', () => {
  const envelope = { error: { code: 402, message: 'No.' } };

  it.each<[string, unknown, OpenRouterErrorKind]>([
    ['its envelope', { status: 402, body: envelope }, 'out-of-credits'],
    ['its envelope, through a gateway', axiosError(OTHER, 402, envelope), 'out-of-credits'],
    ['its envelope in openai', openAiError(402, envelope.error), 'out-of-credits'],
    ['its address', axiosError(OPENROUTER, 402, { message: 'No.' }), 'out-of-credits'],
    ['an empty body from its address', axiosError(OPENROUTER, 402, ''), 'out-of-credits'],
    [
      'its headers',
      { status: 402, headers: { 'x-generation-id': 'gen-1' }, body: 'Payment required' },
      'out-of-credits',
    ],
    ['its error_type', { status: 402, body: { error_type: 'payment_required' } }, 'out-of-credits'],
    [
      'its page for credits',
      axiosError(OTHER, 402, 'Insufficient credits. Add more using https://openrouter.ai/settings/credits'),
      'out-of-credits',
    ],
    ['its words', errorOf('402 Insufficient credits', { status: 402 }), 'out-of-credits'],
    [
      'its words, after those of a gateway',
      errorOf('Gateway: Insufficient credits. No.', { status: 402 }),
      'out-of-credits',
    ],
    [
      'its words about tokens',
      errorOf('This request requires more credits, or fewer max_tokens.', { status: 402 }),
      'out-of-credits',
    ],
    [
      'its words about a key',
      errorOf('403 Key limit exceeded (daily limit). Manage it', { status: 403 }),
      'key-limit',
    ],
    [
      'a limit in an exception of Nest',
      new HttpException(
        { error: { code: 402, message: 'x', metadata: { limit_source: 'openrouter_credits' } } },
        402,
      ),
      'out-of-credits',
    ],
    [
      'an answer in an exception of Nest’s cause',
      new HttpException('No.', 402, { cause: axiosError(OTHER, 402, envelope) }),
      'out-of-credits',
    ],
    [
      'its Messages API',
      axiosError(OTHER, 402, {
        type: 'error',
        error: { type: 'billing_error', message: 'Insufficient credits' },
      }),
      'out-of-credits',
    ],
  ])('by %s', (_name, error, kind) => {
    expect(classifyOpenRouterError(error).kind).toBe(kind);
  });

  it('is not the Messages API of another address', () => {
    const body = { type: 'error', error: { type: 'billing_error', message: 'Update your payment method.' } };
    expect(classifyOpenRouterError(axiosError(OTHER, 402, body))).toMatchObject(PAYMENT);
  });
});

describe('a message of another service', () => {
  it.each<[string, unknown]>([
    ['of the application', new HttpException('User not found', 401)],
    ['of another service', axiosError(OTHER, 401, { message: 'User not found' })],
    ['of nobody knows whom', errorOf('User not found', { status: 401 })],
  ])('gets no hint at keys of OpenRouter: %s', (_name, error) => {
    expect(classifyOpenRouterError(error)).toMatchObject({ kind: 'unauthorized', message: 'User not found' });
  });

  it('tells of no tokens', () => {
    const verdict = classifyOpenRouterError(
      axiosError(OTHER, 402, { message: 'You can only afford 3 swords' }),
    );
    expect(verdict).toMatchObject(PAYMENT);
    expect(verdict.affordableTokens).toBeUndefined();
  });
});
