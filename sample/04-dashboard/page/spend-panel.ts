import type { Forecast, Spend } from '../shared/dashboard.js';
import { type AnyChart, colour, drawChart, markColumn } from './charts.js';
import { byId, make, setText } from './dom.js';
import { axisUsd, count, day, usd, weekday } from './format.js';

const DAY_MS = 86_400_000;
/** More future days would leave too little room for the past ones. */
const DAYS_AHEAD = 14;

const FORECAST = 'forecast at the average rate';
const TODAY = 'today, from the key counters';

/** Spend per day, stacked by model. After today it goes on at the average rate until the money runs out. */
export class SpendPanel {
  private chart: AnyChart<'bar'> | undefined;
  private spend: Spend | undefined;
  /** What the table shows, as JSON. */
  private tabled = '';

  constructor() {
    drawChart<'bar'>(
      'spend-chart',
      () => ({
        type: 'bar',
        data: { labels: [], datasets: [] },
        options: {
          interaction: { mode: 'index', intersect: false },
          plugins: {
            legend: { display: false },
            tooltip: {
              filter: ({ parsed }) => parsed.y !== null && parsed.y > 0,
              callbacks: { label: ({ dataset, parsed }) => `${dataset.label ?? ''}: ${usd(parsed.y)}` },
            },
          },
          scales: {
            x: { stacked: true, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 14 } },
            y: { stacked: true, ticks: { maxTicksLimit: 6, callback: (value) => axisUsd(Number(value)) } },
          },
        },
        plugins: [markColumn(() => this.endOfMoney())],
      }),
      (chart) => {
        this.chart = chart;
        this.draw();
      },
    );
  }

  show(spend: Spend): void {
    this.spend = spend;
    setText(byId('forecast'), forecastText(spend.forecast));
    setText(byId('runway'), runwayText(spend.forecast));
    byId('spend-legend').replaceChildren(...legend(spend));
    this.showTable(spend);
    byId('spend-chart').setAttribute(
      'aria-label',
      `Spend per day by model over ${count(spend.days.length, 'day')}; the table below has the figures. ${forecastText(spend.forecast)}`,
    );
    this.draw();
  }

  /** Replaces the table only if it has changed, because replacing it drops the user's selection. */
  private showTable({ models, days }: Spend): void {
    const figures = JSON.stringify([models, days]);
    if (figures === this.tabled) return;
    this.tabled = figures;
    byId('spend-table').replaceChildren(...table(models, days));
  }

  private draw(): void {
    const { chart, spend } = this;
    if (chart === undefined || spend === undefined) return;
    const ahead = daysAhead(spend);
    const past = spend.days.map(() => null);
    const rest = ahead.map(() => null);
    chart.data.labels = [
      ...spend.days.map(({ date }) => day(date)),
      'today',
      ...ahead.map(({ date }) => day(date)),
    ];
    chart.data.datasets = [
      ...spend.models.map((model, index) => ({
        label: model,
        data: [...spend.days.map(({ usd: amounts }) => amounts[index] ?? 0), null, ...rest],
        backgroundColor: seriesColour(index),
      })),
      { label: TODAY, data: [...past, spend.today, ...rest], backgroundColor: colour('muted') },
      {
        label: FORECAST,
        data: [...past, null, ...ahead.map(({ amount }) => amount)],
        backgroundColor: `${colour('forecast')}66`,
        borderColor: colour('forecast'),
        borderWidth: 1,
      },
    ];
    chart.update();
  }

  private endOfMoney(): { index: number; label: string } | undefined {
    if (this.spend === undefined) return undefined;
    const { emptyOn, daysLeft } = this.spend.forecast;
    if (emptyOn === null || daysLeft === null || daysLeft > DAYS_AHEAD) return undefined;
    return {
      index: this.spend.days.length + daysAhead(this.spend).length,
      label: `runs out ${day(emptyOn)}`,
    };
  }
}

/** The forecast spend of each UTC day after today: the average rate, and on the last day the rest. */
function daysAhead({ days, forecast: { dailyUsage, emptyOn } }: Spend): { date: number; amount: number }[] {
  const last = days.at(-1);
  if (last === undefined || dailyUsage === null || emptyOn === null) return [];
  const tomorrow = Date.parse(last.date) + 2 * DAY_MS;
  return Array.from({ length: DAYS_AHEAD }, (_, index) => tomorrow + index * DAY_MS)
    .filter((date) => date < emptyOn)
    .map((date) => ({ date, amount: dailyUsage * Math.min(1, (emptyOn - date) / DAY_MS) }));
}

function forecastText({ dailyUsage, daysLeft, emptyOn, basedOnDays }: Forecast): string {
  if (dailyUsage === null) return 'No forecast: nothing was spent on completed days.';
  const rate = `${usd(dailyUsage)} a day, averaged over the last ${count(basedOnDays, 'day')} without today`;
  if (daysLeft === null || emptyOn === null) return `${rate}.`;
  return daysLeft <= 0
    ? `${rate}; the money has run out.`
    : `${rate}; runs out on ${weekday(emptyOn)}, in ${daysText(daysLeft)}.`;
}

function runwayText({ daysLeft, emptyOn }: Forecast): string {
  if (daysLeft === null || emptyOn === null) return 'No forecast';
  return daysLeft <= 0
    ? 'The money has run out'
    : `Lasts ${daysLeft < 1 ? '' : 'about '}${daysText(daysLeft)}, until ${weekday(emptyOn)}`;
}

function daysText(days: number): string {
  return days < 1 ? 'less than a day' : count(Math.floor(days), 'day');
}

function legend({ models, days }: Spend): HTMLElement[] {
  return models.map((model, index) => {
    const swatch = make('i', { 'aria-hidden': 'true' });
    swatch.style.background = `var(--series-${seriesNumber(index)})`;
    const total = days.reduce((sum, { usd: amounts }) => sum + (amounts[index] ?? 0), 0);
    return make('li', {}, swatch, `${model} ${usd(total)}`);
  });
}

function table(models: Spend['models'], days: Spend['days']): HTMLElement[] {
  const head = ['Day', ...models, 'Total'].map((text) => make('th', { scope: 'col' }, text));
  const rows = days.map(({ date, usd: amounts }) => {
    const all = amounts.reduce((sum, amount) => sum + amount, 0);
    const cells = [...amounts, all].map((amount) => make('td', {}, usd(amount)));
    return make('tr', {}, make('th', { scope: 'row' }, day(date)), ...cells);
  });
  return [make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows)];
}

function seriesColour(index: number): string {
  return colour(`series-${seriesNumber(index)}`);
}

const SERIES = 7;

function seriesNumber(index: number): number {
  return (index % SERIES) + 1;
}
