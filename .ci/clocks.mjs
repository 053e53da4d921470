// Runs the suites that know dates with the clock at moments when these change, in zones far from UTC.
//
//   node .ci/clocks.mjs          every moment
//   node .ci/clocks.mjs 2 3      the moments with these numbers
//
// The clock is set by libfaketime (Debian's package `faketime`) and runs on from there. Timers keep the machine's own
// monotonic clock. Programs that libfaketime brings to a halt (redis-server, chromium) are not among these suites.
import { execFileSync, spawnSync } from 'node:child_process';

/** Each moment is passed while the suites run: they take longer than the seconds that are left until then. */
const MOMENTS = [
  { name: 'a year ends', at: '2027-12-31T23:59:55Z', zone: 'Pacific/Kiritimati' },
  { name: '29 February ends', at: '2028-02-29T23:59:55Z', zone: 'Pacific/Niue' },
  { name: 'clocks go forward', at: '2027-03-28T00:59:55Z', zone: 'Europe/Berlin' },
  { name: 'clocks go back', at: '2027-11-07T05:59:55Z', zone: 'America/New_York' },
  {
    name: 'a month ends, with clocks half an hour apart',
    at: '2027-04-30T23:59:55Z',
    zone: 'Australia/Lord_Howe',
  },
];

const SUITES = [
  {
    folder: '.',
    paths: [
      ...[
        'activity/',
        'api-keys/',
        'balance/(balance.service|day|forecast|reading)',
        'budgets/',
        'credits/',
        'errors/api-exception',
        'errors/parsing/',
      ],
      ...['generations/', 'guard/', 'health/', 'metrics/', 'sandbox/', 'wire/'],
    ].map((path) => `test/${path}`),
  },
  { folder: 'sample/01-credits-api', paths: ['test/credits-api'] },
  {
    folder: 'sample/02-tenant-keys',
    paths: ['test/key-steps', 'test/tenant-lock', 'test/tenant-store', 'test/tenants-api', 'test/usage'],
  },
  { folder: 'sample/03-observability', paths: ['test/observability'] },
  {
    folder: 'sample/04-dashboard',
    paths: ['test/dashboard.spec', 'test/demo', 'test/panels', 'test/traffic'],
  },
];

const FAKETIME_SETTINGS = {
  // A program that a test starts has the time of its parent, and does not begin anew.
  FAKETIME_DONT_RESET: '1',
  // Both names: the first is that of libfaketime 0.9.10, the other that of its predecessors.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
  NO_FAKE_STAT: '1',
};

const wanted = process.argv.slice(2).map(Number);
const moments = MOMENTS.filter((_, index) => wanted.length === 0 || wanted.includes(index + 1));
if (moments.length === 0) throw new Error(`The moments have the numbers 1 to ${MOMENTS.length}.`);

const failed = moments.flatMap((moment) =>
  SUITES.filter((suite) => !passes(suite, moment)).map(() => moment.name),
);
if (failed.length > 0) console.log(`Failed where ${[...new Set(failed)].join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function passes({ folder, paths }, { name, at, zone }) {
  console.log(`\n-- ${folder}, where ${name}: ${at}, ${zone}`);
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    `${folder === '.' ? '.' : '../..'}/node_modules/jest/bin/jest.js`,
    ...paths,
  ];
  const { status } = spawnSync('faketime', ['-f', localTime(at, zone), process.execPath, ...jest], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, ...FAKETIME_SETTINGS, TZ: zone },
  });
  return status === 0;
}

/** In the form of libfaketime, which reads a start as local time of the zone. */
function localTime(at, zone) {
  return execFileSync('date', ['--date', at, '+@%F %T'], {
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  }).trim();
}
