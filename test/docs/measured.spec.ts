import { describe, expect, it } from '@jest/globals';
import { textOf } from './documents.js';

const section = (text: string, heading: string): string =>
  new RegExp(`^## ${heading}$(.*?)^## `, 'ms').exec(text)?.[1] ?? '';

describe('what the README says was measured', () => {
  it('stands among the ratios of the benchmark', () => {
    const told = section(textOf('README.md'), 'Measured').match(/(?<![\d.])\d\.\d\d\b/g) ?? [];
    const table = section(textOf('bench/results.md'), 'Ratios');
    const measured = [...table.matchAll(/^\|[^|]+\| +(\d+\.\d\d) \|/gm)].map(([, ratio]) => ratio);
    expect(told.length).toBeGreaterThan(3);
    expect(told.filter((ratio) => !measured.includes(ratio))).toEqual([]);
  });
});
