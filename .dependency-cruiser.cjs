/**
 * The floors of `lib/`, lowest first. A room imports only from its own floor and lower ones, never in a circle.
 * CONTRIBUTING.md has the map.
 */
const floors = [
  ['money', 'secret', 'untrusted', 'openapi', 'async', 'contracts'],
  ['errors'],
  ['wire', 'options'],
  ['transport', 'account'],
  ['http'],
  ['credits', 'api-keys', 'activity', 'generations', 'budgets', 'filters'],
  ['balance', 'spend-limits'],
  ['metering'],
  [
    'openrouter\\.client\\.ts',
    'openrouter\\.services\\.ts',
    'openrouter\\.tokens\\.ts',
    'openrouter\\.registration\\.ts',
    'application',
    'guard',
  ],
  [
    'index\\.ts',
    'openrouter\\.module\\.ts',
    'openrouter\\.providers\\.ts',
    'health',
    'metrics',
    'otel',
    'postgres',
    'redis',
  ],
];

const room = (names) => `^lib/(${names.join('|')})(/|$)`;

const floorRules = floors.slice(0, -1).flatMap((names, floor) => {
  const above = floors.slice(floor + 1).flat();
  return names.length === 0
    ? []
    : [
        {
          name: `floor-${floor}-does-not-look-up`,
          severity: 'error',
          from: { path: room(names) },
          to: { path: room(above) },
        },
      ];
});

/** The rooms of `lib/balance/`, each with the other rooms that it may import from. */
const balanceRooms = {
  store: [],
  spend: [],
  reading: ['spend'],
  forecast: ['reading'],
  watch: ['reading'],
  cache: ['reading', 'spend', 'store'],
};

const balanceRules = Object.entries(balanceRooms).map(([name, known]) => ({
  name: `balance-${name}-knows-what-it-needs`,
  severity: 'error',
  from: { path: `^lib/balance/${name}/` },
  to: {
    path: '^lib/balance/',
    pathNot: `^lib/balance/(${[name, ...known].join('|')})/|balance\\.models\\.ts$`,
  },
}));

/** The rooms of `lib/metering/`, each with what else of it they may import. */
const meteringRooms = {
  scope: ['metering\\.options\\.ts$'],
  usage: ['completion/open-completion\\.ts$'],
  wrapper: ['usage/', 'completion/open-completion\\.ts$'],
  completion: [],
  ledger: [],
};

const meteringRules = Object.entries(meteringRooms).map(([name, known]) => ({
  name: `metering-${name}-knows-what-it-needs`,
  severity: 'error',
  from: { path: `^lib/metering/${name}/` },
  to: { path: '^lib/metering/', pathNot: `^lib/metering/(${[`${name}/`, ...known].join('|')})` },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'one-operation-does-not-know-another',
      severity: 'error',
      from: { path: '^lib/(credits|api-keys|activity|generations|budgets|filters)/' },
      to: { path: '^lib/(credits|api-keys|activity|generations|budgets|filters)/', pathNot: '^lib/$1/' },
    },
    ...balanceRules,
    ...meteringRules,
    {
      name: 'balance-and-spend-limits-are-apart',
      comment: 'The metering knows both.',
      severity: 'error',
      from: { path: '^lib/(balance|spend-limits)/' },
      to: { path: '^lib/(balance|spend-limits)/', pathNot: '^lib/$1/' },
    },
    {
      name: 'the-model-of-spend-limits-knows-nothing-else',
      severity: 'error',
      from: { path: '^lib/spend-limits/model/' },
      to: { path: '^lib/', pathNot: '^lib/(spend-limits/model|contracts)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every-file-has-a-floor',
      severity: 'error',
      from: {
        path: '^lib/',
        pathNot: [...floors.flat().map((name) => `^lib/${name}(/|$)`), '^lib/testing/'],
      },
      to: {},
    },
    {
      name: 'the-sandbox-is-an-independent-oracle',
      comment: 'testing/ shares no code with what it tests, in either direction.',
      severity: 'error',
      from: { path: '^lib/testing/' },
      to: { path: '^(lib/(?!(testing|contracts)/)|node_modules/)' },
    },
    {
      name: 'the-contracts-of-stores-know-types-alone',
      comment: 'Types of contracts/ are no code.',
      severity: 'error',
      from: { path: '^lib/testing/' },
      to: { path: '^lib/contracts/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-contracts-of-stores-know-types',
      severity: 'error',
      from: { path: '^lib/testing/', pathNot: '^lib/testing/contracts/' },
      to: { path: '^lib/contracts/' },
    },
    {
      name: 'nothing-depends-on-the-sandbox',
      severity: 'error',
      from: { path: '^lib/(?!testing/)' },
      to: { path: '^lib/testing/' },
    },
    {
      name: 'only-index-files-re-export',
      comment: 'Inside lib, import the leaf file; index files are for the next index file.',
      severity: 'error',
      from: { path: '^lib/', pathNot: 'index\\.ts$' },
      to: { path: '^lib/.*index\\.ts$' },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^lib/', pathNot: '^lib/contracts/' },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
