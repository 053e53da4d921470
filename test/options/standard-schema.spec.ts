import { afterEach, describe, expect, it } from '@jest/globals';
import * as nest from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ActivityQuery,
  CreateApiKeyRequest,
  CreateCoinbaseChargeRequest,
  ListApiKeysQuery,
  SetBudgetRequest,
  UpdateApiKeyRequest,
  type StandardSchemaResult,
} from '../../lib/index.js';
import { cleanUp, endLater } from '../support/servers.js';

afterEach(cleanUp);

const { Controller, Get, Post } = nest;

/** NestJS 11 has neither the pipe nor the option of the decorators. */
const { Body, Query, StandardSchemaValidationPipe } = nest as unknown as {
  readonly Body: (options: { readonly schema: object }) => ParameterDecorator;
  readonly Query: (options: { readonly schema: object }) => ParameterDecorator;
  readonly StandardSchemaValidationPipe?: new () => nest.PipeTransform;
};

const CASES = [
  {
    Schema: CreateCoinbaseChargeRequest,
    accepted: { amount: 10 },
    refused: { amount: -1, colour: 'red' },
    issues: [
      { path: ['colour'], message: expect.stringContaining('is not known') as unknown },
      { path: ['amount'], message: 'must be above 0' },
    ],
  },
  {
    Schema: CreateApiKeyRequest,
    accepted: { name: 'tenant-42', limit: null, expiresAt: '2030-01-31T00:00:00Z' },
    refused: { name: ' ', limit: -1 },
    issues: [
      { path: ['name'], message: 'must not be blank' },
      { path: ['limit'], message: 'must be a number of US dollars from 0, or null for no limit' },
    ],
  },
  {
    Schema: UpdateApiKeyRequest,
    accepted: { limit: null },
    refused: { expiresAt: null },
    issues: [{ path: ['expiresAt'], message: expect.stringMatching(/^cannot be changed; only/) as unknown }],
  },
  {
    Schema: SetBudgetRequest,
    accepted: { limitUsd: 5, includeByokInBudgets: true },
    refused: { limitUsd: '5' },
    issues: [{ path: ['limitUsd'], message: 'must be a number of US dollars' }],
  },
  {
    Schema: ActivityQuery,
    accepted: { date: '2026-08-24', groupBy: 'workspace' },
    refused: { date: '2026-02-30' },
    issues: [{ path: ['date'], message: expect.stringMatching(/^must be a day of the calendar/) as unknown }],
  },
  {
    Schema: ListApiKeysQuery,
    accepted: { includeDisabled: true, offset: 100 },
    refused: { offset: '-1' },
    issues: [{ path: ['offset'], message: expect.stringMatching(/^must be a whole number/) as unknown }],
  },
];

describe.each(CASES)('$Schema.name as a Standard Schema', ({ Schema, accepted, refused, issues }) => {
  const validate: (value: unknown) => StandardSchemaResult<object> = (value) =>
    Schema['~standard'].validate(value);

  it('names its version and its vendor', () => {
    expect(Schema['~standard']).toMatchObject({ version: 1, vendor: 'nestjs-openrouter' });
  });

  it('makes an instance of what it accepts', () => {
    const result = validate(accepted);
    expect(result.issues).toBeUndefined();
    const { value } = result as { value: object };
    expect(value).toBeInstanceOf(Schema);
    expect({ ...value }).toEqual(accepted);
  });

  it('tells every property that it refuses', () => {
    expect(validate(refused)).toEqual({ issues });
  });

  it.each([null, 'text', 5, undefined, []])('refuses %j as a whole', (value) => {
    expect(validate(value).issues).toEqual([{ message: 'an object is needed' }]);
  });
});

it('UpdateApiKeyRequest refuses a change that changes nothing', () => {
  expect(UpdateApiKeyRequest['~standard'].validate({})).toEqual({
    issues: [{ message: expect.stringMatching(/^there is nothing to change/) as unknown }],
  });
});

it('ListApiKeysQuery reads the text of a URL, and takes no other text for a value', () => {
  const { validate } = ListApiKeysQuery['~standard'];
  expect(validate({ includeDisabled: 'false', offset: '100' })).toEqual({
    value: expect.objectContaining({ includeDisabled: false, offset: 100 }) as unknown,
  });
  expect(validate({ includeDisabled: 'yes' }).issues).toHaveLength(1);
  expect(validate(JSON.parse('{ "__proto__": { "offset": 5 } }')).issues).toHaveLength(1);
});

it('a class that extends a request validates its own properties', () => {
  class NamedBudgetRequest extends SetBudgetRequest {}
  const { validate } = NamedBudgetRequest['~standard'];
  expect((validate({ limitUsd: 5 }) as { value: object }).value).toBeInstanceOf(NamedBudgetRequest);
});

(StandardSchemaValidationPipe === undefined ? describe.skip : describe)(
  'behind the pipe of NestJS 12',
  () => {
    @Controller()
    class KeysController {
      @Post()
      create(@Body({ schema: CreateApiKeyRequest }) request: CreateApiKeyRequest): object {
        return { isInstance: request instanceof CreateApiKeyRequest, request };
      }

      @Get()
      list(@Query({ schema: ListApiKeysQuery }) query: ListApiKeysQuery): object {
        return { query };
      }
    }

    it('validates a body and a query', async () => {
      const module = await Test.createTestingModule({ controllers: [KeysController] }).compile();
      const app = module.createNestApplication({ logger: false });
      endLater(() => app.close());
      app.useGlobalPipes(new StandardSchemaValidationPipe!());
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();

      const post = (body: object): Promise<Response> =>
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const created = await post({ name: 'tenant-42' });
      expect(created.status).toBe(201);
      expect(await created.json()).toEqual({ isInstance: true, request: { name: 'tenant-42' } });
      const refused = await post({ nam: 'x' });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({
        message: expect.arrayContaining(['name: must be a string']) as unknown,
      });
      const listed = await fetch(`${url}/?includeDisabled=true&offset=100`);
      expect(await listed.json()).toEqual({ query: { includeDisabled: true, offset: 100 } });
    });
  },
);
