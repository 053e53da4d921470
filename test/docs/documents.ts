import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = process.cwd();

/** The guides; the API reference beside them is generated. */
export const GUIDES = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The number of the line on which something in a text begins. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
