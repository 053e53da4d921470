import type { ActivityItem, ApiKey, BalanceForecast } from 'nestjs-openrouter';
import type { Forecast, Spend } from '../../shared/dashboard.js';
import { sumUsd } from './usd.js';

const DAY_MS = 86_400_000;

/** As many as OpenRouter has. */
const DAYS_SHOWN = 30;

const MODELS_SHOWN = 6;
const OTHER_MODELS = 'other models';

/** The spend of the last completed days, by model. */
export function spendOf(
  items: readonly ActivityItem[],
  keys: readonly ApiKey[] | undefined,
  forecast: BalanceForecast,
  now: number,
): Spend {
  const named = namesOf(items);
  const hasOthers = items.some(({ model }) => !named.includes(nameOf(model)));
  const models = hasOthers ? [...named, OTHER_MODELS] : named;
  const today = Math.floor(now / DAY_MS);
  return {
    models,
    days: Array.from({ length: DAYS_SHOWN }, (_, index) => {
      const date = new Date((today - DAYS_SHOWN + index) * DAY_MS);
      const ofDay = items.filter((item) => item.date?.getTime() === date.getTime());
      const columns = models.map((model) =>
        ofDay.filter((item) => columnOf(item, named) === model).map(({ usage }) => usage),
      );
      return { date: date.toISOString().slice(0, 10), usd: columns.map(sumUsd) };
    }),
    today: keys === undefined ? null : sumUsd(keys.map(({ usageDaily }) => usageDaily)),
    forecast: shown(forecast),
  };
}

/** The names of the most expensive models, in this order. */
function namesOf(items: readonly ActivityItem[]): string[] {
  const totals = new Map<string, number>();
  for (const { model, usage } of items) {
    totals.set(nameOf(model), (totals.get(nameOf(model)) ?? 0) + usage);
  }
  return [...totals]
    .sort(([, one], [, other]) => other - one)
    .slice(0, MODELS_SHOWN)
    .map(([name]) => name);
}

function columnOf({ model }: ActivityItem, named: readonly string[]): string {
  return named.includes(nameOf(model)) ? nameOf(model) : OTHER_MODELS;
}

function nameOf(model: string | undefined): string {
  return model ?? 'unnamed model';
}

function shown({ dailyUsage, daysLeft, emptyOn, basedOnDays }: BalanceForecast): Forecast {
  return { dailyUsage, daysLeft, emptyOn: emptyOn?.getTime() ?? null, basedOnDays };
}
