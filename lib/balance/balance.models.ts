import { count, date, nullable, openApi, usd } from '../openapi/open-api.js';

const figure = (description: string) => nullable(usd(description, 'null if not known'));

/**
 * How long the money lasts, judged by what the account has used on past days. It is what can be spent now that is divided:
 * where `limitedBy` of the snapshot is a limit that starts anew, `resetsAt` may come first.
 */
export class BalanceForecast {
  /** What can be spent, in US dollars; `null` if not known. */
  readonly spendable!: number | null;
  /** Average use of a day, in US dollars; `null` if not known. */
  readonly dailyUsage!: number | null;
  /** For how many days the money lasts at that rate; `null` if that cannot be said, or it does not end. */
  readonly daysLeft!: number | null;
  /** When it runs out at that rate; `null` as above. */
  readonly emptyOn!: Date | null;
  /** How many completed UTC days the average is of; 0 if nothing is known of any. */
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
