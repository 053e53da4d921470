import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, type INestApplication, Patch, Post, Query } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { getMetadataStorage, validate } from 'class-validator';
import {
  ApiKey,
  CreateApiKeyRequest,
  CreatedApiKey,
  CurrentApiKey,
  ListApiKeysQuery,
  UpdateApiKeyRequest,
} from '../../lib/index.js';
import { WORKSPACE } from './support.js';

@Controller()
class KeysController {
  @Get()
  list(@Query() _query: ListApiKeysQuery): ApiKey {
    throw new Error('never called');
  }

  @Post()
  create(@Body() _request: CreateApiKeyRequest): CreatedApiKey {
    throw new Error('never called');
  }

  @Patch()
  update(@Body() _request: UpdateApiKeyRequest): ApiKey {
    throw new Error('never called');
  }
}

type Member = Record<string, unknown>;
type Schema = Record<string, unknown> & { properties: Record<string, Member> };

let app: INestApplication;
let document: OpenAPIObject;
let schemas: Record<string, Schema>;

beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [KeysController] }).compile();
  app = module.createNestApplication();
  document = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
    extraModels: [ApiKey, CurrentApiKey, CreatedApiKey],
  });
  schemas = document.components?.schemas as unknown as Record<string, Schema>;
});

afterAll(() => app.close());

const accepts = async (Request: new () => object, members: object): Promise<boolean> =>
  (await validate(Object.assign(new Request(), members))).length === 0;

/** Whether a schema of the document, as far as these go, accepts a value. */
function fits(schema: Member, value: unknown): boolean {
  if (value === null) return schema['nullable'] === true;
  const choices = schema['enum'] as unknown[] | undefined;
  if (choices !== undefined && !choices.includes(value)) return false;
  switch (schema['type']) {
    case 'number':
    case 'integer':
      return (
        typeof value === 'number' &&
        (schema['type'] === 'number' || Number.isInteger(value)) &&
        value >= ((schema['minimum'] as number | undefined) ?? -Infinity) &&
        value <= ((schema['maximum'] as number | undefined) ?? Infinity)
      );
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return (
        typeof value === 'string' &&
        (schema['pattern'] === undefined || new RegExp(schema['pattern'] as string).test(value)) &&
        (schema['format'] !== 'date-time' || /T.*Z$/.test(value))
      );
  }
}

const VALUES: readonly unknown[] = [
  null,
  -1,
  -0.01,
  0,
  0.5,
  1,
  Number.MAX_SAFE_INTEGER,
  2 ** 60,
  true,
  false,
  '',
  ' ',
  'x',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  '2030-01-31T00:00:00Z',
  '2030-01-31',
  WORKSPACE,
  WORKSPACE.toUpperCase(),
  `${WORKSPACE}0`,
];

describe("the OpenAPI document's bounds of a request", () => {
  it.each<[string, new () => object, object]>([
    ['CreateApiKeyRequest', CreateApiKeyRequest, { name: 'x' }],
    ['UpdateApiKeyRequest', UpdateApiKeyRequest, {}],
    ['ListApiKeysQuery', ListApiKeysQuery, {}],
  ])("%s: are the validators'", async (name, Request, base) => {
    const properties: Record<string, Member> =
      Request === ListApiKeysQuery
        ? Object.fromEntries(
            (document.paths['/']?.get?.parameters as unknown as { name: string; schema: Member }[]).map(
              (parameter) => [parameter.name, parameter.schema],
            ),
          )
        : schemas[name]!.properties;
    for (const [property, schema] of Object.entries(properties)) {
      for (const value of VALUES) {
        expect([property, value, await accepts(Request, { ...base, [property]: value })]).toEqual([
          property,
          value,
          fits(schema, value),
        ]);
      }
    }
    const validated = getMetadataStorage()
      .getTargetValidationMetadatas(Request, '', false, false)
      .map(({ propertyName }) => propertyName);
    const fixed = Request === UpdateApiKeyRequest ? ['expiresAt', 'workspaceId', 'creatorUserId'] : [];
    expect([...new Set(validated)].sort()).toEqual([...Object.keys(properties), ...fixed].sort());
  });

  it('are required where the validators want something', async () => {
    expect(schemas['CreateApiKeyRequest']?.['required']).toEqual(['name']);
    expect(await accepts(CreateApiKeyRequest, {})).toBe(false);
    expect(schemas['UpdateApiKeyRequest']?.['required']).toBeUndefined();
    expect(await accepts(UpdateApiKeyRequest, {})).toBe(true);
  });
});

describe('the models of the answers', () => {
  it('have the common members and their own', () => {
    const amounts = [
      'limit',
      'limitRemaining',
      'usage',
      'usageDaily',
      'usageWeekly',
      'usageMonthly',
      'byokUsage',
      'byokUsageDaily',
      'byokUsageWeekly',
      'byokUsageMonthly',
    ];
    expect(new Set(schemas['ApiKey']?.['required'] as string[])).toEqual(new Set(['hash', ...amounts]));
    expect(schemas['CurrentApiKey']?.['required']).toEqual(['limitRemaining']);
    expect(Object.keys(schemas['CurrentApiKey']?.properties ?? {})).toEqual(expect.arrayContaining(amounts));
    expect(schemas['ApiKey']?.properties).toMatchObject({
      limit: { type: 'number', nullable: true },
      expiresAt: { type: 'string', format: 'date-time', nullable: true },
      createdAt: { type: 'string', format: 'date-time' },
    });
    expect(schemas['CurrentApiKey']?.properties).not.toHaveProperty('hash');
    expect(schemas['CurrentApiKey']?.properties).toMatchObject({
      freeModelDailyRequests: { $ref: '#/components/schemas/FreeModelDailyRequests' },
      allowedDataRegions: { type: 'array', items: { type: 'string' } },
      budgets: { type: 'array', items: { $ref: '#/components/schemas/KeyBudget' } },
      effectiveBudget: { nullable: true, allOf: [{ $ref: '#/components/schemas/KeyBudget' }] },
    });
    expect(schemas['KeyBudget']).toMatchObject({
      properties: {
        budgetId: { type: 'string', nullable: true },
        remainingUsd: { type: 'number' },
        resetsAt: { type: 'string', format: 'date-time', nullable: true },
        includeByok: { type: 'boolean' },
      },
    });
    expect(schemas['KeyBudget']?.['required']).toBeUndefined();
    expect(schemas['CreatedApiKey']).toMatchObject({
      required: ['apiKey', 'secret'],
      properties: { apiKey: { $ref: '#/components/schemas/ApiKey' }, secret: { type: 'string' } },
    });
  });
});
