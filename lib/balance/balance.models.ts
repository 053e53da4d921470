import { count, date, nullable, openApi, usd } from '../openapi/open-api.js';

const figure = (description: string) => nullable(usd(description, 'null if not known'));

/**
 * How long the money lasts, at the account's average usage of past days. The forecast divides what can be spent now: if
 * the snapshot's `limitedBy` is a limit that resets, `resetsAt` may come first.
 */
export class BalanceForecast {
  /** What can be spent, in US dollars; `null` if not known. */
  readonly spendable!: number | null;
  /** Average usage per day, in US dollars; `null` if not known. */
  readonly dailyUsage!: number | null;
  /** How many days the money lasts at that rate; `null` if that is not known, or it does not run out. */
  readonly daysLeft!: number | null;
  /** When the money runs out at that rate; `null` as for `daysLeft`. */
  readonly emptyOn!: Date | null;
  /** How many completed UTC days the average covers; 0 if nothing is known of any day. */
  readonly basedOnDays!: number;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<BalanceForecast>({
      spendable: figure('What can be spent'),
      dailyUsage: figure('Average use of a day'),
      daysLeft: nullable(count()),
      emptyOn: nullable(date()),
      basedOnDays: count('How many completed UTC days the average is of'),
    });
  }
}
