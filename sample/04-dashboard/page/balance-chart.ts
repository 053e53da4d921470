import type { AccountInfo, BalancePoint } from '../shared/dashboard.js';
import { type AnyChart, colour, drawChart, levelLines } from './charts.js';
import { byId } from './dom.js';
import { axisUsd, clock, usd } from './format.js';

const SECOND_MS = 1_000;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300].map((seconds) => seconds * SECOND_MS);
const MAX_TICKS = 6;
/** A shorter axis would show fractions of a second. */
const MIN_SPAN_MS = 5 * SECOND_MS;

/** The live line of spendable money, with a gap where it was not known. */
export class BalanceChart {
  private chart: AnyChart<'line'> | undefined;
  private points: { x: number; y: number | null }[] = [];

  constructor({ thresholds: { low, critical } }: AccountInfo) {
    const lines = levelLines(() => [
      { value: low, label: `low ${usd(low)}`, colour: colour('warn') },
      { value: critical, label: `critical ${usd(critical)}`, colour: colour('bad'), isBelow: true },
    ]);
    drawChart<'line'>(
      'balance-chart',
      () => ({
        type: 'line',
        data: {
          datasets: [
            {
              data: this.points,
              borderColor: colour('accent'),
              backgroundColor: `${colour('accent')}22`,
              borderWidth: 2,
              // A single reading makes no line, so it gets a point.
              pointRadius: () => (this.points.length === 1 ? 3 : 0),
              pointHitRadius: 12,
              stepped: 'before',
              fill: 'origin',
              spanGaps: false,
            },
          ],
        },
        options: {
          parsing: false,
          interaction: { mode: 'nearest', axis: 'x', intersect: false },
          plugins: {
            legend: { display: false },
            tooltip: {
              callbacks: {
                title: ([item]) => clock(item?.parsed.x ?? 0),
                label: ({ parsed }) => usd(parsed.y),
              },
            },
          },
          scales: {
            x: {
              type: 'linear',
              bounds: 'data',
              grid: { display: false },
              afterDataLimits: (axis) => {
                // Begins with the first reading, however short ago that was.
                axis.min = this.points[0]?.x ?? Date.now();
                axis.max = Math.max(this.points.at(-1)?.x ?? axis.min, axis.min + MIN_SPAN_MS);
              },
              afterBuildTicks: (axis) => {
                axis.ticks = ticksBetween(axis.min, axis.max).map((value) => ({ value }));
              },
              ticks: { maxRotation: 0, autoSkipPadding: 14, callback: (value) => clock(Number(value)) },
            },
            y: {
              suggestedMin: 0,
              suggestedMax: low * 1.25,
              ticks: { maxTicksLimit: 6, callback: (value) => axisUsd(Number(value)) },
            },
          },
        },
        plugins: [lines],
      }),
      (chart) => {
        this.chart = chart;
      },
    );
  }

  show(history: readonly BalancePoint[]): void {
    this.points.splice(0, Infinity, ...history.map(({ at, spendable }) => ({ x: at, y: spendable })));
    const [first, last] = [history[0], history.at(-1)];
    const known = history.filter(({ spendable }) => spendable !== null);
    byId('balance-chart').setAttribute(
      'aria-label',
      first === undefined || last === undefined
        ? 'Spendable money over time: nothing yet'
        : `Spendable money from ${usd(known[0]?.spendable ?? null)} at ${clock(first.at)} to ${usd(last.spendable)} at ${clock(last.at)}`,
    );
    this.chart?.update();
  }
}

/** The ticks of the time axis: few, and at round times. */
function ticksBetween(from: number, to: number): number[] {
  const step = STEPS_MS.find((each) => (to - from) / each <= MAX_TICKS) ?? (to - from) / MAX_TICKS;
  const first = Math.ceil(from / step) * step;
  return Array.from(
    { length: Math.max(0, Math.floor((to - first) / step) + 1) },
    (_, index) => first + index * step,
  );
}
