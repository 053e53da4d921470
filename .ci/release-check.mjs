// Cuts a release in a clone that is thrown away, and looks at what it has made. (release-it's own dry run leaves
// package.json changed.)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const clone = mkdtempSync(join(tmpdir(), 'nestjs-openrouter-release-'));
const who = {
  GIT_AUTHOR_NAME: 'ci',
  GIT_AUTHOR_EMAIL: 'ci@localhost',
  GIT_COMMITTER_NAME: 'ci',
  GIT_COMMITTER_EMAIL: 'ci@localhost',
};
const run = (command, ...args) =>
  execFileSync(command, args, {
    cwd: clone,
    encoding: 'utf8',
    env: { ...process.env, ...who },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
const read = (name) => readFileSync(join(clone, name), 'utf8');

try {
  execFileSync('git', ['clone', '--quiet', '.', clone]);
  symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
  // The hook before a release runs lint and tests, which whoever runs this does as well.
  const options = [
    '--no-git.push',
    '--no-git.requireUpstream',
    '--no-git.requireBranch',
    '--hooks.before:init=true',
  ];
  run('node', 'node_modules/release-it/bin/release-it.js', 'minor', '--ci', ...options);

  const { version } = JSON.parse(read('package.json'));
  const found = {
    'a version above the last one': version !== JSON.parse(readFileSync('package.json', 'utf8')).version,
    'the tag': run('git', 'tag', '--points-at', 'HEAD').trim() === `v${version}`,
    'the commit': run('git', 'log', '-1', '--format=%s').trim() === `chore: release v${version}`,
    'the heading in CHANGELOG.md': read('CHANGELOG.md').includes(`## [${version}]`),
    'the version in the source': read('lib/http/version.ts').includes(`'${version}'`),
    'the tarball': existsSync(join(clone, `nestjs-openrouter-${version}.tgz`)),
    'nothing left uncommitted': run('git', 'status', '--porcelain') === '',
  };
  console.log(version, found);
  process.exitCode = Object.values(found).every(Boolean) ? 0 : 1;
} finally {
  rmSync(clone, { recursive: true, force: true });
}
