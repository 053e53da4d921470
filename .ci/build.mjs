// Builds both copies of the package beside `dist` and puts them in its place at the end, so that a program that runs
// on the old ones meanwhile finds them whole.
//
// The compiler writes a declaration file for each source, and ES modules with their decorator metadata. The modules are
// then joined into few files, because loading hundreds of small ones took a sixth of an application's start.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, resolve } from 'node:path';
import { rollup } from 'rollup';

const NEXT = 'dist.next';
/** The modules before they are joined: not published, but measured by a benchmark. */
const MODULES = 'dist.modules';
const COMMAND = 'testing/command';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** `index`, `health/index` and so on. */
const entries = Object.values(manifest.exports).flatMap((entry) =>
  typeof entry === 'object' ? [/^\.\/dist\/esm\/(.+)\.js$/.exec(entry.import.default)[1]] : [],
);
const subpaths = entries.filter((entry) => entry !== 'index').map((entry) => entry.replace('/index', ''));

rmSync(NEXT, { recursive: true, force: true });
rmSync(MODULES, { recursive: true, force: true });
compile('tsconfig.build.json', ['--emitDeclarationOnly', '--outDir', `${NEXT}/cjs`]);
compile('tsconfig.build.esm.json', ['--emitDeclarationOnly', '--outDir', `${NEXT}/esm`]);
compile('tsconfig.build.json', [
  ...['--module', 'esnext', '--moduleResolution', 'bundler', '--outDir', MODULES],
  ...['--noCheck', '--declaration', 'false', '--removeComments'],
]);
await bundle([...entries, COMMAND], 'cjs', `${NEXT}/cjs`);
await bundle(entries, 'es', `${NEXT}/esm`);

// Without it Node and TypeScript would take the ES modules for CommonJS, as the package's own manifest says.
for (const folder of [MODULES, `${NEXT}/esm`]) {
  writeFileSync(`${folder}/package.json`, JSON.stringify({ type: 'module', sideEffects: false }));
}
// npm makes it so where the package is installed, but not in a clone.
chmodSync(`${NEXT}/cjs/${COMMAND}.js`, 0o755);
rmSync('dist', { recursive: true, force: true });
renameSync(NEXT, 'dist');

function compile(project, options) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, ...options], { stdio: 'inherit' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

/** Writes one file for each entry point, one that they share, and one for the sandbox, which shares nothing with it. */
async function bundle(names, format, dir) {
  const bundled = await rollup({
    input: Object.fromEntries(names.map((name) => [name, `${MODULES}/${name}.js`])),
    external: (id) => !id.startsWith('.') && existsSync(resolve(id)) === false,
    // Everything that the compiler has written stays, in its order.
    treeshake: false,
    plugins: [
      {
        name: 'readable-and-small',
        transform: (code, id) => ({ code: latin1(signposted(code, id)), map: null }),
      },
    ],
    onwarn: (warning) => {
      // In the helpers that the compiler writes for decorators: `this && this.__decorate`.
      if (warning.code !== 'THIS_IS_UNDEFINED') {
        throw new Error(warning.message);
      }
    },
  });
  const { output } = await bundled.write({
    dir,
    format,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    manualChunks: (id) => chunkOf(relative(MODULES, id)),
    hoistTransitiveImports: false,
    generatedCode: { preset: 'es2015', symbols: false },
    esModule: true,
    interop: 'auto',
    exports: 'named',
  });
  for (const { fileName, code = '' } of output) {
    // Nest's tokens and logs, and errors, show the names of classes.
    const renamed = /\bclass \w+\$\d+/.exec(code);
    if (renamed !== null) {
      throw new Error(
        `${fileName}: ${renamed[0]} shares its name with another top-level variable. Rename one.`,
      );
    }
  }
}

/** Adds the name of the source after the imports, so that whoever follows a stack trace knows where to look. */
function signposted(code, id) {
  const imports = /^(?:#!.*\n|import .*;\n)*/.exec(code)[0];
  return `${imports}// ${relative(MODULES, id)}\n${code.slice(imports.length)}`;
}

/** Escapes what is not Latin-1, because V8 keeps a source with one such character in twice the memory. */
function latin1(code) {
  return code.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function chunkOf(module) {
  const subpath = subpaths.find((name) => module.startsWith(`${name}/`));
  if (subpath === undefined) {
    return module === 'index.js' ? undefined : 'core';
  }
  return subpath === 'testing' && !/^testing\/(index|command)/.test(module) ? 'testing/sandbox' : undefined;
}
