// Turns the numbers into Markdown: medians by client, and the ratios that have a bar.
import { grouped, median } from './shared.mjs';

const COLUMNS = [
  ['CPU, 1 at a time (µs)', 'cpuAlone', 0],
  ['CPU, 50 at a time (µs)', 'cpuTogether', 0],
  ['p50, 1 at a time (ms)', 'p50Alone', 3],
  ['p99, 1 at a time (ms)', 'p99Alone', 3],
  ['p50, 50 at a time (ms)', 'p50Together', 2],
  ['p99, 50 at a time (ms)', 'p99Together', 2],
];
const COLD_COLUMNS = [
  ['cold start (ms)', 'coldStartMs', 0],
  ['peak memory (MiB)', 'maxRssMiB', 1],
];
const ACTIVITY_COLUMNS = [
  ['time per call (ms)', 'callMs', 1],
  ['CPU per call (ms)', 'callCpuMs', 1],
];
const DECODE_COLUMNS = [['time (ms)', 'ms', 2]];
const METERING_COLUMNS = [
  ['CPU, stream (µs)', 'streamCpu', 0],
  ['first event (ms)', 'firstMs', 2],
  ['CPU, small answer (µs)', 'answerCpu', 0],
  ['small answer (ms)', 'answerMs', 2],
];
const BARS = [
  ['CPU, 1 at a time', 'loads', 'this-package', 'official-class', 'cpuAlone', 0.6],
  ['CPU, 50 at a time', 'loads', 'this-package', 'official-class', 'cpuTogether', 0.5],
  ['CPU, 1 at a time', 'loads', 'this-package', 'axios', 'cpuAlone', 1.3],
  ['cold start', 'colds', 'nest-this-package', 'nest-official-sdk', 'coldStartMs', 0.53],
  ['peak memory', 'colds', 'nest-this-package', 'nest-official-sdk', 'maxRssMiB', 0.68],
  ['10 000 rows', 'activities', 'activity-this-package', 'activity-official-class', 'callMs', 0.5],
  ['10 000 rows', 'decodes', 'decode', 'parse', 'ms', 1],
  ['CPU, stream of 500 events', 'metered', 'metered', 'plain', 'streamCpu', 1.05],
  ['CPU, small answer', 'metered', 'metered', 'plain', 'answerCpu', 1.1],
];

/** The maximum duration of a call, in microseconds: 500 000 reads from memory per second, and the cost of the guard. */
const MAX_MICROS = { get: 2, guard: 5 };

/** @returns A Markdown document, formatted as Prettier would. */
export function formatReport({ plan, machine, labels, ...results }) {
  const { loads, activities, decodes, metered, spends, ledger, balances, requests, colds } = results;
  const bars = BARS.map(([what, name, client, other, measure, bar]) => {
    const series = results[name];
    const ratio = medianOf(series[client], measure) / medianOf(series[other], measure);
    const pairs = series[client].map((round, index) => round[measure] / series[other][index][measure]);
    const range = `${Math.min(...pairs).toFixed(2)}–${Math.max(...pairs).toFixed(2)}`;
    const title = `${what}: ${labels[client]} / ${labels[other]}`;
    return [title, ratio.toFixed(2), range, `≤ ${bar.toFixed(2)}`, verdictOf(ratio, bar)];
  });
  return [
    '# Benchmark',
    'Written by `npm run bench`. `GET /credits` from a server on the same machine; every client in its own ' +
      'process. The figures compare clients on one machine and do not apply to another one.',
    Object.entries(machine)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    '## Ratios',
    'Ratios of the medians below; the range is that of the single rounds.',
    table(['', 'ratio', 'range', 'bar', ''], bars),
    '## Calls',
    `Rounds: ${plan.loadRounds}; medians of them. CPU is the user and system time of the whole process for each call: over ` +
      `${grouped(plan.calls)} calls in a row after ${grouped(plan.warmUp)} calls of warm-up, and over ` +
      `${grouped(plan.concurrentCalls)} calls with 50 at a time. The last two rows are lower bounds: this package's ` +
      'requests handed straight to its adapter, and a client on `node:http` by hand.',
    medians(loads, COLUMNS, labels),
    '## Activity',
    `\`GET /activity\` with 10 000 rows. Rounds: ${plan.activityRounds}; medians of them, each over ` +
      `${plan.activityCalls} calls in a row after ${plan.activityWarmUp} calls of warm-up.`,
    medians(activities, ACTIVITY_COLUMNS, labels),
    'The same rows without a call: `JSON.parse` of the body, and the decoder on its result.',
    medians(decodes, DECODE_COLUMNS, labels),
    '## Metering',
    `A completion by \`openai\`. Rounds: ${plan.meteringRounds}; medians of them, each over ${plan.meteringTurns} turns of ` +
      `${plan.streamsPerTurn} streams and ${plan.answersPerTurn} small answers, with either \`fetch\` in the same process, ` +
      `after ${plan.warmUpStreams} streams and ${grouped(plan.warmUp)} small answers of warm-up. ` +
      `Of the ${grouped(metered.metered[0].events)} events of a stream and that of its usage, the meter parses ` +
      `${medianOf(metered.metered, 'parsed')}.`,
    medians(metered, METERING_COLUMNS, labels),
    '## Spend limits',
    `On a Redis of the same machine. Rounds: ${plan.spendRounds}; medians of them, each over ${plan.spendTurns} turns. A pair ` +
      'is a reservation and its bill, two commands; beside it, two calls of `consume()` of rate-limiter-flexible on the same ' +
      'connection. CPU is that of the process. The memory of a subject includes its last completion, which is remembered for ' +
      '24 hours.',
    table(['', 'figure', 'bar', ''], spendRows(spends, plan)),
    ...ledgerSection(ledger, plan),
    '## Balance',
    `Reads from memory, on one core. Rounds: ${plan.balanceRounds}; medians of them, each over ` +
      `${grouped(plan.balanceCalls)} calls awaited in a row after as many of warm-up.`,
    table(
      ['', 'time per call (µs)', 'calls per second', 'beside lru-cache', 'bar (µs)', ''],
      Object.entries(balances).map(([step, runs]) => {
        const micros = medianOf(runs, 'micros');
        const most = MAX_MICROS[step];
        return [
          labels[step],
          micros.toFixed(2),
          grouped(Math.round(1e6 / micros)),
          (micros / medianOf(balances.lru, 'micros')).toFixed(2),
          most === undefined ? '' : `≤ ${most.toFixed(2)}`,
          most === undefined ? '' : verdictOf(micros, most),
        ];
      }),
    ),
    'Requests to OpenRouter: `GET /credits` + `GET /key`.',
    table(
      ['', 'requests', 'bar', ''],
      requests.map(({ what, figure, bar = '', isMet }) => [what, figure, bar, wordFor(isMet)]),
    ),
    '## Start',
    `Rounds: ${plan.coldRounds}; medians of them. From the start of the process to its first answer, and the peak memory until then.`,
    medians(colds, COLD_COLUMNS, labels),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** What spend limits on Redis cost, with the bars. */
function spendRows(rounds, { pairsPerTurn, limitedPerTurn, subjects }) {
  if (rounds.length === 0) {
    return [['spend limits', 'not measured: no redis-server', '', '']];
  }
  const of = (figure) => median(rounds.map(figure));
  const ratio = (measure) => of(({ beside }) => beside.store[measure] / beside.limiter[measure]);
  const most = (title, figure, bar, digits, unit = '') => [
    title,
    `${figure.toFixed(digits)}${unit}`,
    bar === undefined ? '' : `≤ ${bar.toFixed(digits)}${unit}`,
    bar === undefined ? '' : verdictOf(figure, bar),
  ];
  const perSecond = of((round) => round.perSecond);
  const laterMs = of(({ completions: { limited, free } }) => limited.ms - free.ms);
  const bytes = (place) => Math.round(of(({ memory }) => memory[place]));
  return [
    most(`CPU of a pair / two \`consume()\`, ${grouped(pairsPerTurn)} in a row`, ratio('cpu'), 1.5, 2),
    most('time of a pair / two `consume()`, p50', ratio('ms'), 1.5, 2),
    most('CPU of Redis for a pair / two `consume()`', ratio('redisCpu'), undefined, 2),
    most(
      'a pair, p50',
      of(({ beside }) => beside.store.ms),
      undefined,
      3,
      ' ms',
    ),
    [
      'pairs per second with three rules, 64 at a time',
      grouped(Math.round(perSecond)),
      '≥ 5 000',
      wordFor(perSecond >= 5_000),
    ],
    most(`a completion with three rules is later by, p50 of ${limitedPerTurn}`, laterMs, 1, 2, ' ms'),
    most(
      'a refusal, p50',
      of(({ completions }) => completions.refused.ms),
      1,
      2,
      ' ms',
    ),
    [`a subject in Redis, of ${grouped(subjects)} (bytes)`, grouped(bytes('redis')), '', ''],
    [`a subject in the memory of a process (bytes)`, grouped(bytes('process')), '', ''],
  ];
}

/** What PostgresSpendStore takes, with the bars. */
function ledgerSection(ledger, { pairSeconds, ledgerCompletions, ledgerRows }) {
  if (ledger === undefined) {
    return ['## Ledger', 'Not measured: no PostgreSQL.'];
  }
  const { fsync, hotRow, laterMs, report, tenants, version } = ledger;
  const perSecond = (title, figure, bar) => [
    title,
    `${grouped(Math.round(figure))} / s`,
    `≥ ${bar} / s`,
    wordFor(figure >= bar),
  ];
  return [
    '## Ledger',
    `On PostgreSQL ${version} of the same machine, with \`fsync\` ${fsync}. A pair is a reservation, and its bill with its row ` +
      `in one transaction; 16 at a time for ${pairSeconds} seconds.`,
    table(
      ['', 'figure', 'bar', ''],
      [
        perSecond('pairs of one tenant, which is one hot row', hotRow, 250),
        perSecond('pairs of 50 tenants', tenants, 900),
        [
          `a completion with three rules is later by, p50 of ${ledgerCompletions}`,
          `${laterMs.toFixed(2)} ms`,
          '≤ 3.00 ms',
          verdictOf(laterMs, 3),
        ],
        [
          `report of ${grouped(ledgerRows)} rows by tenant and day, ${grouped(report.groups)} groups`,
          `${Math.round(report.ms)} ms`,
          '≤ 2 000 ms',
          verdictOf(report.ms, 2_000),
        ],
      ],
    ),
    'The plan of the report:',
    ['```text', ...report.plan, '```'].join('\n'),
  ];
}

function verdictOf(figure, bar) {
  return wordFor(figure <= bar);
}

/** The word for a bar; empty if it was not measured. */
function wordFor(isMet) {
  return isMet === undefined ? '' : isMet ? 'met' : 'not met';
}

function medians(results, columns, labels) {
  return table(
    ['', ...columns.map(([title]) => title)],
    Object.entries(results).map(([client, runs]) => [
      labels[client],
      ...columns.map(([, measure, digits]) => medianOf(runs, measure).toFixed(digits)),
    ]),
  );
}

function medianOf(runs, measure) {
  return median(runs.map((run) => run[measure]));
}

/** A table with text in the first column; the other columns are aligned to the right. */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
