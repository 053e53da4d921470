// Builds both copies of the package beside `dist` and puts them in its place at the end, so that a program that runs
// on the old ones meanwhile finds them whole.
import { spawnSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const NEXT = 'dist.next';
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(NEXT, { recursive: true, force: true });
for (const [project, format] of [
  ['tsconfig.build.json', 'cjs'],
  ['tsconfig.build.esm.json', 'esm'],
]) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', `${NEXT}/${format}`], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
// Without it Node and TypeScript would take the ES modules for CommonJS, as the package's own manifest says.
writeFileSync(`${NEXT}/esm/package.json`, JSON.stringify({ type: 'module', sideEffects: false }));
// npm makes it so where the package is installed, but not in a clone.
chmodSync(`${NEXT}/cjs/testing/command.js`, 0o755);
rmSync('dist', { recursive: true, force: true });
renameSync(NEXT, 'dist');
