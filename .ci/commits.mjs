// Checks the messages of the commits with commitlint. The rules are in .commitlintrc.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Commits up to this one are not checked: some of them break the rules. */
const LAST_UNCHECKED = 'a1545fd1631982f2f93a309ea88314f437392454';

const commitlint = createRequire(import.meta.url).resolve('@commitlint/cli/cli.js');

// In a container the checkout may belong to another user. Git reads it only where it is told that this is safe.
const env = {
  ...process.env,
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: process.cwd(),
};

if (existsSync('.git')) {
  check();
} else {
  console.log('Skipped: this is a copy without its history.');
}

function check() {
  // A shallow clone may begin later than that, and a rewritten history may lack it: then only the newest one is checked.
  const from = isAncestor(LAST_UNCHECKED) ? LAST_UNCHECKED : undefined;
  const { status } = spawnSync(
    process.execPath,
    [commitlint, ...(from === undefined ? ['--last'] : ['--from', from, '--to', 'HEAD'])],
    { stdio: 'inherit', env },
  );
  const count = from === undefined ? 1 : git('rev-list', '--count', `${from}..HEAD`);
  console.log(`Commits checked: ${count}`);
  process.exitCode = status ?? 1;
}

function isAncestor(commit) {
  return spawnSync('git', ['merge-base', '--is-ancestor', commit, 'HEAD'], { env }).status === 0;
}

function git(...args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout.trim();
}
