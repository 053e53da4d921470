import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { SampleProgram } from '../support/sample-program.js';
import { ROOT, textOf } from './documents.js';

/** The TypeScript block of a document that holds a text. */
export function blockOf(document: string, mark: string): string {
  const blocks = [...textOf(document).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const block = blocks.find((code) => code.includes(mark));
  if (block === undefined) throw new Error(`${document} has no TypeScript block with ${mark}.`);
  return block;
}

/** Runs TypeScript on the built package, as a program of its own that ends by itself or by a signal. */
export function runProgram(code: string, env: Record<string, string> = {}): SampleProgram {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const folder = pathToFileURL(`${ROOT}/`);
  const command = [process.execPath, '--input-type=module', '-e', outputText] as const;
  return new SampleProgram({ folder, main: fileURLToPath(folder), announcement: /^(ready)$/m }, env, command);
}
