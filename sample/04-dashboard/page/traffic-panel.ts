import type { Traffic } from '../shared/dashboard.js';
import { type AnyChart, colour, drawChart } from './charts.js';
import { byId, make, showList } from './dom.js';
import { clock, count, percent } from './format.js';

/** Fewer bars would be too broad. */
const MIN_BARS = 15;

/** The requests to OpenRouter: how many, how many failed, how fast. */
export class TrafficPanel {
  private chart: AnyChart<'bar'> | undefined;
  private traffic: Traffic | undefined;
  /** How many seconds are shown: none from before the server has started. */
  private bars = MIN_BARS;

  constructor() {
    const series = (label: string, background: string) => ({
      label,
      data: [],
      backgroundColor: background,
      barPercentage: 1,
    });
    drawChart<'bar'>(
      'traffic-chart',
      () => ({
        type: 'bar',
        data: {
          labels: [],
          datasets: [series('answered', colour('series-2')), series('failed', colour('bad'))],
        },
        options: {
          interaction: { mode: 'index', intersect: false },
          plugins: { legend: { display: false } },
          scales: {
            x: { stacked: true, grid: { display: false }, ticks: { display: false } },
            y: { stacked: true, suggestedMax: 4, ticks: { maxTicksLimit: 4, precision: 0 } },
          },
        },
      }),
      (chart) => {
        this.chart = chart;
        this.draw();
      },
    );
  }

  show(traffic: Traffic, now: number): void {
    this.traffic = traffic;
    this.bars = Math.max(MIN_BARS, Math.ceil((now - traffic.since) / 1_000));
    byId('traffic-tiles').replaceChildren(
      ...tiles(traffic).map(([term, text]) => make('div', {}, make('dt', {}, term), make('dd', {}, text))),
    );
    showList(
      byId('failures'),
      byId('no-failures'),
      traffic.failures.map(({ at, operation, status, message }) =>
        make(
          'li',
          { 'data-type': 'failure' },
          make('time', {}, clock(at)),
          ` ${operation} ${status ?? 'no answer'}: ${message}`,
        ),
      ),
    );
    byId('traffic-chart').setAttribute(
      'aria-label',
      `Attempts per second: ${count(traffic.attempts, 'attempt')} in the last minute, of which ${traffic.errors} failed`,
    );
    this.draw();
  }

  private draw(): void {
    const { chart, traffic } = this;
    if (chart === undefined || traffic === undefined) return;
    const perSecond = traffic.perSecond.slice(-this.bars);
    chart.data.labels = perSecond.map((_, index) => `${perSecond.length - index - 1} s ago`);
    chart.data.datasets[0]!.data = perSecond.map(({ ok }) => ok);
    chart.data.datasets[1]!.data = perSecond.map(({ failed }) => failed);
    chart.update();
  }
}

function tiles(traffic: Traffic): [string, string][] {
  const { attempts, errors, retries, p95Ms, guardChecks, balanceAttempts } = traffic;
  return [
    ['attempts', `${attempts}`],
    ['failed', attempts === 0 ? '–' : percent(errors / attempts)],
    ['retries', `${retries}`],
    ['p95', p95Ms === null ? '–' : `${Math.round(p95Ms)} ms`],
    ['guard checks', `${guardChecks}`],
    ['balance calls', `${balanceAttempts}`],
  ];
}
