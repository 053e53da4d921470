// Runs the suite on every supported NestJS and Node line, and holds the README's table equal to what came out. Before
// it, `.ci/run` has run all tests on the machine's own Node, so that tests of which the outcome cannot differ between two
// lines are left out of most cells.
//
//   node .ci/matrix.mjs           run, compare with the README
//   node .ci/matrix.mjs --write   run, write the README's table
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const NODES = ['20.19.0', '22', '24'];
const BEGIN = '<!-- matrix: written by .ci/matrix.mjs -->';
const END = '<!-- /matrix -->';

/** Majors of the packages that go with NestJS 11, where they differ from it. */
const NEST_11 = {
  '@nestjs/axios': '^4',
  '@nestjs/config': '^4',
  '@nestjs/graphql': '^13',
  '@nestjs/apollo': '^13',
};
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

const LOWEST_AXIOS = '1.18.0';
const LOWEST_CLASS_VALIDATOR = '0.14.0';

/** Jest's own setting, which the option replaces. */
const NEVER = ['/node_modules/', '/test/consumers/'];

/**
 * Run by `.ci/run` before the matrix, with NestJS 12 on the machine's own Node, and in no cell: they compare documents
 * with code, look at the built package, or run processes on it, all of which are the same in each cell.
 */
const NEVER_AGAIN = [
  '/test/docs/',
  // The consumers' tests install the package on both lines of NestJS.
  '/test/package/',
  // Processes that share one server, and servers that fail; the contracts of the stores run below.
  '/test/redis/(alerts|end-of-day|killed|losses|lost|processes|shifted|spend-(limits|losses|processes)|terminated|waiting)',
  '/test/postgres/(end-of-day|faults|killed|ledger|lost|shifted|terminated)',
];

/** Run once more, in the first row on the Node that is farthest from the machine's own: no package decides them. */
const ON_ANOTHER_NODE = [
  // Scripts that Redis runs, and functions that PostgreSQL runs.
  '/test/(postgres|redis)/',
  // Figures, clocks and stores; test/balance/balance.service.spec.ts has the balance in an application, in each cell.
  '/test/balance/(cache|forecast|reading|spend|store|watch)/',
  '/test/balance/day',
  // What the meter reads of answers; test/metering has the service, its scopes and its clients in each cell of the row.
  '/test/metering/(completion|usage|wrapper)/',
  // Figures and stores alone, and a server that shares no code with the package.
  '/test/(money|sandbox|spend-limits)/',
];

/** Run once more, with NestJS 11 on that Node: attacks by size and by number, which take long. */
const IN_THE_FARTHEST_CELL = ['/test/errors/hostile-errors', '/test/http/(body-memory|pollution|unexpected)'];

/** Run once more on each other Node, in the first row: some clients need a newer Node than the package does. */
const ON_EACH_OTHER_NODE = ['/test/metering/clients/'];

const root = process.cwd();
const scratch = mkdtempSync(join(tmpdir(), 'nestjs-openrouter-matrix-'));

try {
  const ownMajor = majorOf(process.versions.node);
  const farthest = ownMajor >= majorOf(NODES.at(-1)) ? NODES[0] : NODES.at(-1);
  const nodes = NODES.map((version) => ({ version, binary: installNode(version) }));
  const stacks = [
    { title: 'NestJS 12 · @nestjs/axios 12 · axios, newest', folder: root },
    {
      title: `NestJS 11 · @nestjs/axios 4 · axios ${LOWEST_AXIOS} · class-validator ${LOWEST_CLASS_VALIDATOR}`,
      folder: prepareNest11(),
    },
  ];
  const rows = [];
  let allPassed = true;
  for (const { title, folder } of stacks) {
    const cells = [];
    for (const { version, binary } of nodes) {
      console.log(`\n-- ${title}, Node ${version}`);
      const isFirstRow = rows.length === 0;
      const isFarthest = version === farthest;
      const leftOut = [
        ...NEVER,
        ...NEVER_AGAIN,
        ...(isFirstRow && isFarthest ? [] : ON_ANOTHER_NODE),
        ...(!isFirstRow && isFarthest ? [] : IN_THE_FARTHEST_CELL),
        ...(isFirstRow && majorOf(version) !== ownMajor ? [] : ON_EACH_OTHER_NODE),
      ];
      const options = leftOut.flatMap((path) => ['--testPathIgnorePatterns', path]);
      const passed = await runSuite(folder, binary, options);
      allPassed &&= passed;
      cells.push(passed ? '✓' : '✗');
    }
    rows.push(`| ${title} | ${cells.join(' | ')} |`);
  }
  const header = `| | ${NODES.map((version) => `Node ${version}`).join(' | ')} |`;
  const table = [header, `|---${'|:-:'.repeat(NODES.length)}|`, ...rows].join('\n');
  console.log(`\n${table}\n`);
  const told = await tellReadme(table);
  process.exitCode = allPassed && told ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

/** The npm package `node` ships the binaries. */
function installNode(version) {
  const folder = join(scratch, `node-${version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  run('npm', [...INSTALL, `node@${version}`], folder);
  return join(folder, 'node_modules/node/bin/node');
}

/** A copy of the package with NestJS 11 and the lowest axios and class-validator that are allowed. */
function prepareNest11() {
  const folder = join(scratch, 'nest-11');
  for (const name of [
    '.ci',
    '.github',
    'lib',
    'test',
    'docs',
    'README.md',
    // What the README and the guides lead to, and what their test follows.
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'bench',
    'docs',
    'sample',
    'jest.config.js',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.build.esm.json',
  ]) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: isSource });
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  delete manifest.workspaces;
  for (const name of Object.keys(manifest.devDependencies)) {
    if (name.startsWith('@nestjs/')) {
      manifest.devDependencies[name] = NEST_11[name] ?? '^11';
    }
  }
  manifest.devDependencies.axios = LOWEST_AXIOS;
  manifest.devDependencies['class-validator'] = LOWEST_CLASS_VALIDATOR;
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  run('npm', INSTALL, folder);
  run('npm', ['run', '--silent', 'build'], folder);
  run('npm', ['run', '--silent', 'typecheck'], folder);
  return folder;
}

function isSource(path) {
  return !['node_modules', 'dist', 'coverage'].includes(basename(path));
}

/** Runs the suite with a Node of choice; the lines with Jest's totals are for whoever counts. */
function runSuite(folder, binary, options) {
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--silent',
    ...options,
  ];
  return new Promise((resolve) => {
    const suite = spawn(binary, jest, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
    suite.on('exit', (code) => resolve(code === 0));
  });
}

async function tellReadme(table) {
  const path = join(root, 'README.md');
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) {
    console.error(`README.md has no table between ${BEGIN} and ${END}.`);
    return false;
  }
  const settings = { ...(await resolveConfig(path)), filepath: path };
  const updated = await format(`${before}${BEGIN}\n\n${table}\n\n${END}${after}`, settings);
  if (process.argv.includes('--write')) {
    writeFileSync(path, updated);
    return true;
  }
  if (updated !== text) {
    console.error("README.md's table is not what this run has shown; see `npm run matrix -- --write`.");
    return false;
  }
  return true;
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} has failed in ${cwd}.`);
  }
}
