import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Query } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { validate } from 'class-validator';
import { ActivityItem, ActivityQuery, ActivitySummary } from '../../lib/index.js';

@Controller()
class ActivityController {
  @Get()
  list(@Query() _query: ActivityQuery): ActivityItem[] {
    throw new Error('never called');
  }
}

let app: INestApplication;
let document: OpenAPIObject;

beforeEach(async () => {
  const module = await Test.createTestingModule({ controllers: [ActivityController] }).compile();
  app = module.createNestApplication();
  document = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
    extraModels: [ActivityItem, ActivitySummary],
  });
});

afterEach(() => app.close());

async function accepts(query: object): Promise<boolean> {
  return (await validate(Object.assign(new ActivityQuery(), query))).length === 0;
}

describe('the OpenAPI document of a controller', () => {
  it("shows the patterns of a query, equal to the validators'", async () => {
    const parameters = document.paths['/']!.get!.parameters as any[];
    expect(parameters.map(({ name, in: where, required }) => [name, where, required])).toEqual(
      ['date', 'apiKeyHash', 'userId', 'workspaceId', 'groupBy'].map((name) => [name, 'query', false]),
    );
    const schemas = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]));
    expect(schemas['date']).toMatchObject({ type: 'string', format: 'date' });
    expect(schemas['groupBy'].enum).toEqual(['workspace']);
    const hash = 'ab'.repeat(32);
    const texts = [
      '',
      ' ',
      'user_1',
      '550e8400-e29b-41d4-a716-446655440000',
      '../x',
      hash,
      hash.toUpperCase(),
    ];
    for (const name of ['apiKeyHash', 'userId', 'workspaceId']) {
      const pattern = new RegExp(schemas[name].pattern as string);
      for (const text of [...texts, `${hash}0`, 'a'.repeat(128), 'a'.repeat(129)]) {
        expect([name, text, await accepts({ [name]: text })]).toEqual([name, text, pattern.test(text)]);
      }
    }
    for (const date of ['2026-08-24', '2026-8-24', '2026-08-24T00:00:00Z', '', '20260824']) {
      expect([date, await accepts({ date })]).toEqual([date, new RegExp(schemas['date'].pattern).test(date)]);
    }
  });

  it('shows the models of the answers', () => {
    const schemas = document.components!.schemas as Record<string, any>;
    expect(schemas['ActivityItem']).toMatchObject({
      required: ['usage', 'byokUsageInference'],
      properties: { date: { type: 'string', format: 'date-time' }, requests: { type: 'number' } },
    });
    const totals = Object.keys(schemas['ActivityTotals'].properties as object);
    expect(totals).toHaveLength(6);
    expect(schemas['ActivityTotals'].required).toEqual(totals);
    expect(schemas['ActivitySummary'].required).toEqual(['totals', 'byDay', 'byModel', 'byProvider']);
    for (const [series, name, member] of [
      ['byDay', 'DailyActivity', 'date'],
      ['byModel', 'ModelActivity', 'model'],
      ['byProvider', 'ProviderActivity', 'providerName'],
      ['byWorkspace', 'WorkspaceActivity', 'workspaceId'],
    ] as const) {
      expect(schemas['ActivitySummary'].properties[series]).toMatchObject({
        type: 'array',
        items: { $ref: `#/components/schemas/${name}` },
      });
      expect(Object.keys(schemas[name].properties as object).sort()).toEqual([...totals, member].sort());
      expect([...schemas[name].required].sort()).toEqual([...totals].sort());
    }
  });
});
