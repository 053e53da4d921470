import { ApiProperty } from '@nestjs/swagger';
import { IsNumber, IsPositive, Matches, Max } from 'class-validator';
import type { TenantStatus } from './key-steps.js';

const STATUSES = [
  'creating',
  'active',
  'rotating',
  'disabling',
  'disabled',
  'enabling',
  'keyless',
] as const satisfies readonly TenantStatus[];

export class CreateTenantRequest {
  @ApiProperty({ example: 'acme', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
  @Matches(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    message: 'id must be up to 63 lower-case letters, digits and hyphens',
  })
  id!: string;

  @ApiProperty({ description: 'US dollars per calendar month (UTC)', example: 25 })
  @Max(1_000_000)
  @IsPositive()
  @IsNumber({ maxDecimalPlaces: 2 })
  monthlyLimit!: number;
}

export class TenantResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty({ description: 'US dollars per calendar month (UTC)' })
  monthlyLimit!: number;

  @ApiProperty({ enum: STATUSES })
  status!: TenantStatus;

  @ApiProperty({ type: String, nullable: true, description: 'The identifier of the key at OpenRouter' })
  keyHash!: string | null;

  @ApiProperty({ description: 'Whether the secret was shown. It is shown only once' })
  secretShown!: boolean;

  @ApiProperty()
  createdAt!: Date;
}

export class TenantSecretResponse {
  @ApiProperty()
  tenant!: TenantResponse;

  @ApiProperty({ description: 'The key itself, shown only once' })
  secret!: string;
}

export class TenantUsageResponse {
  @ApiProperty()
  tenantId!: string;

  @ApiProperty({ description: 'US dollars per calendar month (UTC)' })
  monthlyLimit!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'US dollars; null if not known' })
  spentThisMonth!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'US dollars; null if not known' })
  leftThisMonth!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'US dollars, all previous keys included; null if not known',
  })
  spentInAll!: number | null;
}
