import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = process.cwd();

interface Snippet {
  readonly line: number;
  readonly code: string;
}

function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    code: match[1]!,
  }));
}

/** Compiles snippets as a user's ES modules, against the built package, and returns what the compiler says. */
function compile(file: string, snippets: readonly Snippet[]): string[] {
  const sources = new Map(
    snippets.map(({ line, code }) => [join(ROOT, 'test', `${file}-line-${String(line)}.mts`), code]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    noEmit: true,
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

describe('README.md', () => {
  it('has code that compiles, every block by itself', () => {
    const snippets = snippetsOf('README.md');
    expect(snippets.length).toBeGreaterThan(5);
    expect(compile('README.md', snippets)).toEqual([]);
  });

  it('is checked by a compiler that does complain', () => {
    const wrong = { line: 1, code: "import { NoSuchThing } from 'nestjs-openrouter';\nNoSuchThing();\n" };
    expect(compile('wrong', [wrong]).join()).toContain('NoSuchThing');
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
