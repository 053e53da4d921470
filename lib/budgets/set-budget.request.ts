import { IsNumber, IsPositive } from '../options/class-validator.js';
import { Obeys } from '../options/obeys.js';
import { trueOrFalse } from '../options/option-rules.js';
import { NoImplicitConversion } from '../options/no-implicit-conversion.js';
import { count, flag, openApi, optional } from '../openapi/open-api.js';

/** Sets a budget. Fit to stand behind a `ValidationPipe` as a controller's body. */
export class SetBudgetRequest {
  /** What may be spent in the interval, in US dollars: above 0. */
  // The last decorator is asked first: what is no number is told nothing of bounds.
  @IsPositive({ message: '`limitUsd` must be above 0; delete the budget to lift its limit' })
  @IsNumber(
    { allowNaN: false, allowInfinity: false },
    { message: '`limitUsd` must be a number of US dollars' },
  )
  @NoImplicitConversion()
  limitUsd!: number;

  /**
   * Whether what is paid to providers with keys of your own (BYOK) counts, too. Holds for every budget of the
   * workspace, not just this one; left out, it stays as it is.
   */
  @Obeys(trueOrFalse)
  includeByokInBudgets?: boolean | undefined;

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
