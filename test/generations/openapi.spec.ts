import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Generation } from '../../lib/index.js';

@Controller()
class GenerationsController {
  @Get()
  get(): Generation {
    throw new Error('never called');
  }
}

describe('the OpenAPI document of a controller', () => {
  it('shows the model of a generation', async () => {
    const module = await Test.createTestingModule({ controllers: [GenerationsController] }).compile();
    const app = module.createNestApplication();
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
      extraModels: [Generation],
    });
    await app.close();
    const schemas = document.components!.schemas as Record<string, any>;
    expect(schemas['Generation']).toMatchObject({
      required: ['id', 'totalCost', 'usage'],
      properties: {
        totalCost: { type: 'number', description: 'What the account was charged, in USD' },
        createdAt: { type: 'string', format: 'date-time' },
        streamed: { type: 'boolean' },
        latency: { description: 'In milliseconds' },
        providerResponses: {
          type: 'array',
          items: { $ref: '#/components/schemas/GenerationProviderResponse' },
        },
      },
    });
    expect(Object.keys(schemas['Generation'].properties as object)).toHaveLength(45);
    expect(Object.keys(schemas['GenerationProviderResponse'].properties as object)).toHaveLength(7);
  });
});
