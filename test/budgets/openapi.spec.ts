import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, type INestApplication, Put } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { validate } from 'class-validator';
import { Budget, SetBudgetRequest } from '../../lib/index.js';

@Controller()
class BudgetsController {
  @Put()
  set(@Body() _request: SetBudgetRequest): Budget {
    throw new Error('never called');
  }
}

let app: INestApplication;
let schemas: Record<string, any>;

beforeEach(async () => {
  const module = await Test.createTestingModule({ controllers: [BudgetsController] }).compile();
  app = module.createNestApplication();
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
    extraModels: [Budget],
  });
  schemas = document.components!.schemas as Record<string, any>;
});

afterEach(() => app.close());

async function accepts(members: object): Promise<boolean> {
  return (await validate(Object.assign(new SetBudgetRequest(), { limitUsd: 1 }, members))).length === 0;
}

describe('the OpenAPI document of a controller', () => {
  it("shows the bounds of a budget, equal to the validators'", async () => {
    const { required, properties } = schemas['SetBudgetRequest'];
    expect(required).toEqual(['limitUsd']);
    expect(properties.limitUsd).toMatchObject({ type: 'number', exclusiveMinimum: true });
    expect(properties.includeByokInBudgets.type).toBe('boolean');
    expect(await accepts({ limitUsd: properties.limitUsd.minimum })).toBe(false);
    expect(await accepts({ limitUsd: Number(properties.limitUsd.minimum) + 1e-9 })).toBe(true);
    expect(await accepts({ includeByokInBudgets: true })).toBe(true);
    expect(await accepts({ includeByokInBudgets: 'true' })).toBe(false);
  });

  it('shows the model of the answers', () => {
    expect(schemas['Budget']).toMatchObject({
      required: ['id', 'limitUsd'],
      properties: { interval: { type: 'string' }, createdAt: { type: 'string', format: 'date-time' } },
    });
  });
});
