// Compiles the server and the page, and copies the other files of the page.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;
const dist = join(here, 'dist');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync(dist, { recursive: true, force: true });
for (const project of [
  ['-b', 'tsconfig.build.json'],
  ['-p', 'page'],
]) {
  execFileSync(process.execPath, [tsc, ...project], { cwd: here, stdio: 'inherit' });
}
for (const name of ['index.html', 'styles.css', 'icon.svg']) {
  cpSync(join(here, 'page', name), join(dist, 'page', name));
}
