import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { validate } from 'class-validator';
import { CoinbaseChargeResponse, CreateCoinbaseChargeRequest, GetCreditsResponse } from '../../lib/index.js';

@Controller()
class CreditsController {
  @Get()
  get(): GetCreditsResponse {
    throw new Error('never called');
  }

  @Post()
  post(@Body() _request: CreateCoinbaseChargeRequest): CoinbaseChargeResponse {
    throw new Error('never called');
  }
}

type Schema = Record<string, unknown> & { properties: Record<string, Record<string, unknown>> };

let app: INestApplication;
let schemas: Record<string, Schema>;

beforeEach(async () => {
  const module = await Test.createTestingModule({ controllers: [CreditsController] }).compile();
  app = module.createNestApplication();
  const document: OpenAPIObject = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
    extraModels: [GetCreditsResponse, CoinbaseChargeResponse],
  });
  schemas = document.components?.schemas as unknown as Record<string, Schema>;
});

afterEach(() => app.close());

/** Whether the request class's own rules accept a request. */
async function accepts(members: object): Promise<boolean> {
  const request = Object.assign(new CreateCoinbaseChargeRequest(), { amount: 1 }, members);
  return (await validate(request)).length === 0;
}

describe('the OpenAPI document of a controller', () => {
  it("shows the bounds of a charge, equal to the validators'", async () => {
    const { required, properties } = schemas['CreateCoinbaseChargeRequest']!;
    const { amount, sender, chainId } = properties;
    expect(required).toEqual(['amount']);
    expect(amount).toMatchObject({ type: 'number', exclusiveMinimum: true });

    const [least, most] = [amount!['minimum'] as number, amount!['maximum'] as number];
    expect(await accepts({ amount: least })).toBe(false);
    expect(await accepts({ amount: least + 1e-9 })).toBe(true);
    expect(await accepts({ amount: most })).toBe(true);
    expect(await accepts({ amount: most + 1e-9 })).toBe(false);

    const pattern = new RegExp(sender!['pattern'] as string);
    for (const address of [
      `0x${'a1'.repeat(20)}`,
      `0x${'A'.repeat(40)}`,
      `0x${'a'.repeat(39)}`,
      'a'.repeat(42),
      '',
    ]) {
      expect([address, await accepts({ sender: address })]).toEqual([address, pattern.test(address)]);
    }

    const chains = chainId!['enum'] as number[];
    expect(chains).toEqual([1, 137, 8453]);
    for (const chain of [...chains, 0, 2, 8454]) {
      expect([chain, await accepts({ chainId: chain })]).toEqual([chain, chains.includes(chain)]);
    }
  });

  it('shows the models of the answers', () => {
    expect(schemas['GetCreditsResponse']).toMatchObject({
      required: ['totalCredits', 'totalUsage', 'balance', 'currency'],
      properties: { balance: { type: 'number' }, currency: { type: 'string', enum: ['USD'] } },
    });
    expect(schemas['CoinbaseChargeResponse']).toMatchObject({
      required: ['id'],
      properties: {
        expiresAt: { type: 'string', format: 'date-time' },
        pricing: { $ref: '#/components/schemas/CoinbasePricing' },
        web3Data: { type: 'object', additionalProperties: true },
      },
    });
    expect(schemas['CoinbasePrice']?.properties['amount']).toMatchObject({ type: 'string' });
  });
});
