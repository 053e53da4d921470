// `npm start`: builds the package and the dashboard, and runs the dashboard in this process.
//
// package.json says `exec node .ci/start.mjs || node .ci/start.mjs`:
// - npm runs scripts in a shell. Many shells (such as Debian's) stay in between, die of a signal that npm forwards, and
//   leave the program running. `exec` replaces the shell with the program, which then gets the signals itself.
// - The shell of Windows has no `exec`. There the first command fails, and the second one runs.
import { spawnSync } from 'node:child_process';

const ROOT = new URL('..', import.meta.url);

for (const builder of ['.ci/build.mjs', 'sample/04-dashboard/build.mjs']) {
  const { status } = spawnSync(process.execPath, [builder], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import(new URL('sample/04-dashboard/dist/src/main.js', ROOT).href);
