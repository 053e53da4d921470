import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  ApiBadGatewayResponse,
  ApiBadRequestResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiGoneResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import {
  CoinbaseChargeResponse,
  CreateCoinbaseChargeRequest,
  CreditsService,
  GetCreditsResponse,
} from 'nestjs-openrouter';

@ApiTags('credits')
@ApiUnauthorizedResponse({ description: 'OpenRouter does not accept the key of this server' })
@ApiBadGatewayResponse({ description: 'OpenRouter could not be reached, or its answer was invalid' })
@Controller('credits')
export class CreditsController {
  constructor(private readonly credits: CreditsService) {}

  @Get()
  @ApiOperation({ summary: 'Credits purchased, used and remaining' })
  @ApiOkResponse({ type: GetCreditsResponse })
  @ApiForbiddenResponse({ description: 'The key of this server is not a management key' })
  getCredits(): Promise<GetCreditsResponse> {
    return this.credits.getCredits();
  }

  @Post('coinbase-charges')
  @ApiOperation({ summary: 'Buy credits through Coinbase, which OpenRouter no longer offers' })
  @ApiCreatedResponse({ type: CoinbaseChargeResponse, description: 'Only from servers that still offer it' })
  @ApiBadRequestResponse({ description: 'The body is invalid; the message names the field' })
  @ApiGoneResponse({ description: 'OpenRouter has removed this operation; buy credits at `purchaseUrl`' })
  createCoinbaseCharge(@Body() request: CreateCoinbaseChargeRequest): Promise<CoinbaseChargeResponse> {
    return this.credits.createCoinbaseCharge(request);
  }
}
