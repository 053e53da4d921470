import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsNumber, IsPositive, Max } from 'class-validator';
import type { Condition } from '../../shared/dashboard.js';

const MAX_USD = 1_000;
const CONDITIONS: readonly Condition[] = ['normal', 'outage', 'slow', 'throttled'];

export class AmountRequest {
  // The last decorator runs first, so that a value that is not a number gets no message about bounds.
  @Max(MAX_USD, { message: `\`usd\` must not be above ${MAX_USD}` })
  @IsPositive({ message: '`usd` must be above 0' })
  @IsNumber({ allowNaN: false, allowInfinity: false }, { message: '`usd` must be a number of US dollars' })
  @ApiProperty({ minimum: 0, exclusiveMinimum: true, maximum: MAX_USD, example: 5 })
  readonly usd!: number;
}

export class ConditionRequest {
  @IsIn(CONDITIONS, { message: `\`condition\` must be one of ${CONDITIONS.join(', ')}` })
  @ApiProperty({ enum: CONDITIONS, example: 'outage' })
  readonly condition!: Condition;
}

export class KeyRequest {
  @IsBoolean({ message: '`expired` must be true or false' })
  @ApiProperty()
  readonly expired!: boolean;
}

export class StoreRequest {
  @IsBoolean({ message: '`down` must be true or false' })
  @ApiProperty()
  readonly down!: boolean;
}

export class BusyRequest {
  @IsBoolean({ message: '`busy` must be true or false' })
  @ApiProperty()
  readonly busy!: boolean;
}
