import { describe, expect, it } from '@jest/globals';
import {
  COUNTER_OF,
  HOLD_TABLE,
  type HoldCommandName,
  type HoldStateName,
} from '../../lib/spend-limits/model/hold-table.js';
import { textOf } from './documents.js';

const COMMANDS: readonly HoldCommandName[] = [
  'reserve',
  'attach',
  'extend',
  'commit',
  'release',
  'expire',
  'giveUp',
  'adjust',
];

/** The table as the model has it: a state in each row, and the state after each command. */
function tableOfModel(): string[][] {
  const states = Object.keys(HOLD_TABLE) as HoldStateName[];
  return [
    ['state', 'counted as', ...COMMANDS],
    ...states.map((state) => [
      state,
      COUNTER_OF[state] ?? '–',
      ...COMMANDS.map((command) => HOLD_TABLE[state][command] ?? '–'),
    ]),
  ];
}

describe('the guide of spend limits', () => {
  it('has the states of the model', () => {
    const table = /<!-- states -->(.*)<!-- \/states -->/s.exec(textOf('docs/spend-limits.md'))?.[1] ?? '';
    const rows = [...table.matchAll(/^\|(.+)\|$/gm)]
      .map(([, row = '']) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .filter(([first = '']) => !/^-+$/.test(first));
    expect(rows).toEqual(tableOfModel());
  });
});
