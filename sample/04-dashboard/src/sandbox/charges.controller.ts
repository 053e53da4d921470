import { Body, Controller, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiGoneResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
  PickType,
} from '@nestjs/swagger';
import { CreateCoinbaseChargeRequest, CreditsService } from 'nestjs-openrouter';
import type { Charge } from '../../shared/dashboard.js';

/** The request class of the package, reduced to the amount. */
class ChargeRequest extends PickType(CreateCoinbaseChargeRequest, ['amount']) {}

class ChargeDto implements Charge {
  @ApiProperty()
  readonly id!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Where to pay' })
  readonly hostedUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '25.00' })
  readonly amount!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'USD' })
  readonly currency!: string | null;
}

@ApiTags('sandbox')
@Controller('api/charges')
export class ChargesController {
  constructor(private readonly credits: CreditsService) {}

  @Post()
  @ApiOperation({ summary: 'Buy credits through Coinbase, which OpenRouter no longer offers' })
  @ApiCreatedResponse({ type: ChargeDto, description: 'Only from servers that still offer it' })
  @ApiGoneResponse({ description: 'OpenRouter has removed this operation; buy credits at `purchaseUrl`' })
  async create(@Body() request: ChargeRequest): Promise<Charge> {
    const { id, hostedUrl, pricing } = await this.credits.createCoinbaseCharge(request);
    return {
      id,
      hostedUrl: hostedUrl ?? null,
      amount: pricing?.local.amount ?? null,
      currency: pricing?.local.currency ?? null,
    };
  }
}
