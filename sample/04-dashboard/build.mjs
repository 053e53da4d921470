// Compiles the server and the page, and copies the other files of the page.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const here = import.meta.dirname;
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
for (const project of [
  ['-b', 'tsconfig.build.json'],
  ['-p', 'page'],
]) {
  execFileSync(process.execPath, [tsc, ...project], { cwd: here, stdio: 'inherit' });
}
for (const name of ['index.html', 'styles.css', 'icon.svg']) {
  cpSync(join(here, 'page', name), join(dist, 'page', name));
}
cpSync(join(dirname(require.resolve('chart.js')), 'chart.umd.min.js'), join(dist, 'page/chart.js'));
