import { IsNumber, IsPositive } from '../options/class-validator.js';
import { Obeys } from '../options/obeys.js';
import { trueOrFalse } from '../options/option-rules.js';
import { NoImplicitConversion } from '../options/no-implicit-conversion.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import { count, flag, openApi, optional } from '../openapi/open-api.js';

/** A budget to set. May be used behind a `ValidationPipe` as a controller's body. */
export class SetBudgetRequest {
  /** What may be spent in the interval, in US dollars: above 0. */
  // The last decorator runs first: a value that is not a number gets no message about bounds.
  @IsPositive({ message: '`limitUsd` must be above 0; delete the budget to lift its limit' })
  @IsNumber(
    { allowNaN: false, allowInfinity: false },
    { message: '`limitUsd` must be a number of US dollars' },
  )
  @NoImplicitConversion()
  limitUsd!: number;

  /**
   * Whether spend with your own keys at providers (BYOK) counts as well. Applies to every budget of the workspace; if
   * omitted, it stays as it is.
   */
  @Obeys(trueOrFalse)
  includeByokInBudgets?: boolean | undefined;

  /** The class as a Standard Schema: `@Body({ schema: SetBudgetRequest })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<SetBudgetRequest> {
    return standardSchema(this);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<SetBudgetRequest>({
      limitUsd: count('What may be spent in the interval, in USD', {
        minimum: 0,
        exclusiveMinimum: true,
        example: 100,
      }),
      includeByokInBudgets: optional(
        flag('Whether spend with own keys at providers counts, in every budget of the workspace'),
      ),
    });
  }
}
