import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBadGatewayResponse,
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiGatewayTimeoutResponse,
  ApiGoneResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  CreateTenantRequest,
  TenantResponse,
  TenantSecretResponse,
  TenantUsageResponse,
} from './tenants.dto.js';
import { TenantsService } from './tenants.service.js';

const BUSY = 'Another change of this tenant is running';

@ApiTags('tenants')
@ApiBadGatewayResponse({ description: 'OpenRouter could not be reached, or its answer was invalid' })
@ApiServiceUnavailableResponse({ description: 'OpenRouter is busy' })
@ApiGatewayTimeoutResponse({ description: 'OpenRouter took too long' })
@Controller()
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Post('tenants')
  // No cache on the way may keep a secret.
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Add a tenant and create its key' })
  @ApiCreatedResponse({ type: TenantSecretResponse })
  @ApiBadRequestResponse({ description: 'The body is invalid; the message names the field' })
  @ApiConflictResponse({ description: 'The tenant exists already' })
  create(@Body() request: CreateTenantRequest): Promise<TenantSecretResponse> {
    return this.tenants.create(request);
  }

  @Get('tenants')
  @ApiOperation({ summary: 'All tenants' })
  @ApiOkResponse({ type: [TenantResponse] })
  list(): TenantResponse[] {
    return this.tenants.list();
  }

  @Get('tenants/:id')
  @ApiOperation({ summary: 'A tenant and the state of its key' })
  @ApiOkResponse({ type: TenantResponse })
  @ApiNotFoundResponse()
  get(@Param('id') id: string): TenantResponse {
    return this.tenants.get(id);
  }

  @Post('tenants/:id/key/rotate')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Replace the key; the previous one stops working at once' })
  @ApiOkResponse({ type: TenantSecretResponse })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: BUSY })
  rotate(@Param('id') id: string): Promise<TenantSecretResponse> {
    return this.tenants.rotate(id);
  }

  @Post('tenants/:id/key/secret')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Show a secret that was never shown' })
  @ApiOkResponse({ type: TenantSecretResponse })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: BUSY })
  @ApiGoneResponse({ description: 'The secret was shown already' })
  showSecret(@Param('id') id: string): Promise<TenantSecretResponse> {
    return this.tenants.showSecret(id);
  }

  @Post('tenants/:id/disable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Disable the key' })
  @ApiOkResponse({ type: TenantResponse })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: BUSY })
  disable(@Param('id') id: string): Promise<TenantResponse> {
    return this.tenants.setDisabled(id, true);
  }

  @Post('tenants/:id/enable')
  @HttpCode(200)
  @ApiOperation({ summary: 'Enable the key' })
  @ApiOkResponse({ type: TenantResponse })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: BUSY })
  enable(@Param('id') id: string): Promise<TenantResponse> {
    return this.tenants.setDisabled(id, false);
  }

  @Get('tenants/:id/usage')
  @ApiOperation({ summary: 'What a tenant has spent' })
  @ApiOkResponse({ type: TenantUsageResponse })
  @ApiNotFoundResponse()
  usage(@Param('id') id: string): Promise<TenantUsageResponse> {
    return this.tenants.usage(id);
  }

  @Get('usage')
  @ApiOperation({ summary: 'What every tenant has spent' })
  @ApiOkResponse({ type: [TenantUsageResponse] })
  usageOfAll(): Promise<TenantUsageResponse[]> {
    return this.tenants.usageOfAll();
  }
}
