import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import ts from 'typescript';
import { GUIDES, lineOf, ROOT, textOf } from './documents.js';

interface Snippet {
  /** File and line, for messages. */
  readonly place: string;
  readonly code: string;
}

const DOCUMENTS = ['README.md', ...GUIDES];

function snippetsOf(file: string): Snippet[] {
  const text = textOf(file);
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    place: `${file}-line-${lineOf(text, match.index)}`,
    code: match[1]!,
  }));
}

/** Settings of the compiler that users have. */
const COMPILERS: Readonly<Record<string, ts.CompilerOptions>> = {
  'a strict compiler': { strict: true, exactOptionalPropertyTypes: true },
  'the compiler of `nest new` on NestJS 11': {
    strict: false,
    strictNullChecks: true,
    noImplicitAny: false,
    strictBindCallApply: false,
  },
};

/** Compiles snippets as a user's ES modules, against the built package, and returns what the compiler says. */
function compile(snippets: readonly Snippet[], own: ts.CompilerOptions = {}): string[] {
  const sources = new Map(
    snippets.map(({ place, code }) => [join(ROOT, 'test', `${place.replaceAll('/', '-')}.mts`), code]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    noEmit: true,
    ...own,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  const program = ts.createProgram([...sources.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      (diagnostic) =>
        `${diagnostic.file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`,
    );
}

describe('the documents', () => {
  it.each(Object.entries(COMPILERS))(
    'have code that compiles, every block by itself, with %s',
    (_title, options) => {
      const snippets = DOCUMENTS.flatMap(snippetsOf);
      expect(snippets.length).toBeGreaterThan(40);
      expect(compile(snippets, options)).toEqual([]);
    },
    60_000,
  );

  it.each(DOCUMENTS)('hide no code from the compiler: %s', (file) => {
    const languages = [...textOf(file).matchAll(/^([ \t>]*)```(\w+)/gm)].map(
      ([, indent, name]) => indent! + name!,
    );
    expect(
      languages.filter((language) => !['ts', 'sh', 'json', 'text', 'csharp', 'python'].includes(language)),
    ).toEqual([]);
  });

  it('are checked by a compiler that does complain', () => {
    const wrong = {
      place: 'wrong',
      code: "import { NoSuchThing } from 'nestjs-openrouter';\nNoSuchThing();\n",
    };
    expect(compile([wrong]).join()).toContain('NoSuchThing');
  });
});

describe('the type tests', () => {
  it('compile', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const program = ts.createProgram([join(ROOT, 'test/types/module-options.types.ts')], options);
    const messages = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(messages).toEqual([]);
  });
});
