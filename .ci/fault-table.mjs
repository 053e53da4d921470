// Runs the fault bench and holds the table at the end of docs/reliability.md equal to what came out.
//
//   node .ci/fault-table.mjs           run, compare with the table
//   node .ci/fault-table.mjs --write   run, write the table
//
// With FAULT_ROWS, a folder in which a run of the bench has left its rows, it only compares.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const BEGIN = '<!-- faults: written by .ci/fault-table.mjs -->';
const END = '<!-- /faults -->';
const PATH = 'docs/reliability.md';

const given = process.env.FAULT_ROWS;
const folder = given ?? mkdtempSync(join(tmpdir(), 'nestjs-openrouter-faults-'));
try {
  const passed = given !== undefined || runBench();
  const rows = readRows();
  const told = await tell(tableOf(rows));
  const tests = rows.flatMap(({ cells }) => Object.values(cells));
  console.log(`${rows.length} rows, ${tests.filter((cell) => !cell.passed).length} failed`);
  process.exitCode = passed && told ? 0 : 1;
} finally {
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
}

/** Jest's own output is for whoever counts; each suite leaves its rows in the folder. */
function runBench() {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      'test/faults',
      '--silent',
      '--coverage=false',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FAULT_ROWS: folder } },
  );
  return status === 0;
}

function readRows() {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((one, other) => one.number - other.number);
}

function tableOf(rows) {
  const lines = rows.map(({ number, title, ways, note, cells }) => {
    const fault = ways.length === 0 ? title : `${title}: ${ways.map(inText).join('; ')}`;
    const passed = Object.values(cells).every((cell) => cell.passed) ? '✓' : '✗';
    return [number, fault, cells.GET?.text ?? '–', cells.POST?.text ?? '–', passed, note ?? ''];
  });
  return [
    ['#', 'what goes wrong', '`GET`', '`POST`', '', ''],
    ['--:', '---', '---', '---', ':-:', '---'],
    ...lines,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Names that are data, such as `-1`, are set as code. */
function inText(way) {
  return /^[a-z][a-z0-9 ,:/.’-]*$/i.test(way) ? way : `\`${way}\``;
}

async function tell(table) {
  const text = readFileSync(PATH, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) {
    console.error(`${PATH} has no table between ${BEGIN} and ${END}.`);
    return false;
  }
  const settings = { ...(await resolveConfig(PATH)), filepath: PATH };
  const updated = await format(`${before}${BEGIN}\n\n${table}\n\n${END}${after}`, settings);
  if (process.argv.includes('--write')) {
    writeFileSync(PATH, updated);
    return true;
  }
  if (updated !== text) {
    console.error(
      `The table in ${PATH} is not what this run has shown; run it with --write, and look at the difference.`,
    );
    return false;
  }
  return true;
}
