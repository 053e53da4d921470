import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { BURST_TENANT, type Tenant, TENANTS } from '../spending/plans.js';

const NAMES: readonly Tenant[] = TENANTS.map(({ tenant }) => tenant);

export class CompletionRequest {
  /** In an application of your own, the tenant comes from the session, not from the body. */
  @IsOptional()
  @IsIn(NAMES, { message: `\`tenant\` must be one of ${NAMES.join(', ')}` })
  @ApiProperty({ enum: NAMES, required: false, default: BURST_TENANT })
  readonly tenant: Tenant = BURST_TENANT;
}
