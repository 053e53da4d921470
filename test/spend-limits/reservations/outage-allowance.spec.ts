import { describe, expect, it } from '@jest/globals';
import { OutageAllowance } from '../../../lib/spend-limits/reservations/outage-allowance.js';

describe('The allowance of an outage', () => {
  it('admits what fits, and gets back what was billed less', () => {
    const allowance = new OutageAllowance({ allowUsd: 10e-9 });
    const settle = allowance.take(8);

    expect(allowance.take(3)).toBeUndefined();
    settle!(2);
    expect(allowance.take(8)).toBeDefined();
    expect(allowance.take(1)).toBeUndefined();
  });

  it('is not given back by bills of an earlier outage', () => {
    const allowance = new OutageAllowance({ allowUsd: 10e-9 });
    const settleEarlier = allowance.take(10);
    allowance.renew();

    expect(allowance.take(10)).toBeDefined();
    settleEarlier!(0);
    expect(allowance.take(1)).toBeUndefined();
  });

  it('is not used up by bills of an earlier outage', () => {
    const allowance = new OutageAllowance({ allowUsd: 10e-9 });
    const settleEarlier = allowance.take(1);
    allowance.renew();

    settleEarlier!(10);
    expect(allowance.take(10)).toBeDefined();
  });

  it('is nothing for a refusal, and everything without a limit', () => {
    expect(new OutageAllowance('refuse').take(1)).toBeUndefined();
    expect(new OutageAllowance('allow').take(9e15)).toBeDefined();
  });
});
