import { describe, expect, it } from '@jest/globals';
import { announceCopy, type LoadedCopy, otherTokensOf } from '../../lib/application/loaded-copies.js';

class Credits {}
class Balance {}
class OtherCredits {}
class OtherBalance {}

describe('the copies of the package in a process', () => {
  const copy = (version: string, classes: LoadedCopy['classes']): LoadedCopy => {
    const made = { version, classes };
    announceCopy(made);
    return made;
  };

  it('know of each other, whichever was loaded first', () => {
    const one = copy('known', { credits: Credits, balance: Balance });
    const other = copy('known', { credits: OtherCredits, balance: OtherBalance });
    expect(otherTokensOf(one)).toEqual([
      { provide: OtherCredits, useExisting: Credits },
      { provide: OtherBalance, useExisting: Balance },
    ]);
    expect(otherTokensOf(other)).toEqual([
      { provide: Credits, useExisting: OtherCredits },
      { provide: Balance, useExisting: OtherBalance },
    ]);
  });

  it('have nothing to do with another version', () => {
    const one = copy('1.0.0', { credits: Credits });
    const other = copy('1.0.1', { credits: OtherCredits });
    expect([otherTokensOf(one), otherTokensOf(other)]).toEqual([[], []]);
  });

  it('give nothing for a class that they do not have', () => {
    const one = copy('unequal', { credits: Credits });
    const other = copy('unequal', { credits: OtherCredits, balance: OtherBalance });
    expect(otherTokensOf(one)).toEqual([{ provide: OtherCredits, useExisting: Credits }]);
    expect(otherTokensOf(other)).toEqual([{ provide: Credits, useExisting: OtherCredits }]);
  });
});
