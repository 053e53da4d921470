import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type OutgoingSpend, SpendLedger } from '../../lib/balance/spend-ledger.js';

describe('recorded spend', () => {
  it('adds up exactly from a moment on', () => {
    const ledger = new SpendLedger();
    ledger.record(0.1, 1_000);
    expect(ledger.spentSince(0)).toBe(0.1);
    ledger.record(0.2, 1_001);
    expect(ledger.spentSince(0)).toBe(0.3);
    expect(ledger.spentSince(1_001)).toBe(0);
  });

  it('is counted once while it is on its way to the store and back', () => {
    const ledger = new SpendLedger();
    ledger.record(0.0000015, 0);
    const outgoing = ledger.take()!;
    expect(outgoing.microUsd).toBe(1);
    expect(ledger.spentSince(-1)).toBe(0.0000015);
    // A store that was asked before it had it.
    ledger.see([], 5);
    expect(ledger.spentSince(-1)).toBe(0.0000015);
    outgoing.stored(10);
    ledger.see([], 9);
    expect(ledger.spentSince(-1)).toBe(0.0000015);
    ledger.see([{ microUsd: 1, ageMs: 20 }], 20);
    expect(ledger.spentSince(-1)).toBe(0.0000015);
  });

  it('is counted once while the store is asked, however close together the amounts are', () => {
    const ledger = new SpendLedger();
    ledger.record(2, 0);
    ledger.take()!.stored(10);
    ledger.ask(20);
    ledger.record(2, 21);
    ledger.take()!.stored(25);
    ledger.see([{ microUsd: 2_000_000, ageMs: 10 }], 20);
    expect(ledger.spentSince(-1)).toBe(4);
  });

  it('is never too little, and too much only by what was stored while the store was asked', () => {
    type Step = 'record' | 'send' | 'apply' | 'confirm' | 'ask' | 'read' | 'answer';
    const steps: Step[] = ['record', 'send', 'apply', 'confirm', 'ask', 'read', 'answer'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...steps), fc.integer({ min: 1, max: 60 })), {
          minLength: 40,
          maxLength: 120,
        }),
        (script) => {
          const ledger = new SpendLedger();
          let now = 0;
          let recorded = 0;
          let amount: { outgoing: OutgoingSpend; appliedAt?: number } | undefined;
          let question: { askedAt: number; told?: { at: number; microUsd: number }[] } | undefined;
          let unsure = 0;
          const stored: { at: number; microUsd: number; confirmedAt: number }[] = [];
          for (const [step, waitMs] of script) {
            now += waitMs;
            if (step === 'record') {
              ledger.record(1, now);
              recorded += 1;
            } else if (step === 'send' && amount === undefined) {
              const outgoing = ledger.take();
              if (outgoing !== undefined) amount = { outgoing };
            } else if (step === 'apply' && amount !== undefined && amount.appliedAt === undefined) {
              amount.appliedAt = now;
              stored.push({ at: now, microUsd: amount.outgoing.microUsd, confirmedAt: Infinity });
            } else if (step === 'confirm' && amount?.appliedAt !== undefined) {
              stored.at(-1)!.confirmedAt = now;
              amount.outgoing.stored(now);
              amount = undefined;
            } else if (step === 'ask' && question === undefined) {
              question = { askedAt: now };
              ledger.ask(now);
            } else if (step === 'read' && question !== undefined) {
              question.told ??= stored.map(({ at, microUsd }) => ({ at, microUsd }));
            } else if (step === 'answer' && question?.told !== undefined) {
              const { askedAt, told } = question;
              ledger.see(
                told.map(({ at, microUsd }) => ({ microUsd, ageMs: askedAt - at })),
                askedAt,
              );
              unsure = stored
                .slice(0, told.length)
                .filter(({ confirmedAt }) => confirmedAt > askedAt)
                .reduce((sum, { microUsd }) => sum + microUsd / 1_000_000, 0);
              question = undefined;
            }
            expect(ledger.spentSince(-1)).toBeGreaterThanOrEqual(recorded);
            expect(ledger.spentSince(-1)).toBeLessThanOrEqual(recorded + unsure);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of others counts from when the store had it', () => {
    const ledger = new SpendLedger();
    ledger.see(
      [
        { microUsd: 500_000, ageMs: 90 },
        { microUsd: 250_000, ageMs: 10 },
      ],
      100,
    );
    expect([ledger.spentSince(0), ledger.spentSince(10), ledger.spentSince(90)]).toEqual([0.75, 0.25, 0]);
  });

  it('that the store may or may not have is counted by this process alone', () => {
    const ledger = new SpendLedger();
    ledger.record(1, 0);
    ledger.take();
    ledger.see([], 1_000);
    expect(ledger.spentSince(-1)).toBe(1);
    expect(ledger.take()).toBeUndefined();
  });

  it('is forgotten with the moment until which a reading includes it', () => {
    const ledger = new SpendLedger();
    ledger.record(1, 0);
    ledger.take()?.stored(0);
    ledger.record(2, 2_000);
    ledger.see(
      [
        { microUsd: 4_000_000, ageMs: 4_900 },
        { microUsd: 8_000_000, ageMs: 0 },
      ],
      5_000,
    );
    ledger.forgetUntil(1_000);
    expect(ledger.spentSince(-Infinity)).toBe(10);
    ledger.forgetUntil(5_000);
    expect(ledger.spentSince(-Infinity)).toBe(0);
  });

  it('does not pile up where nobody reads the store', () => {
    const ledger = new SpendLedger();
    for (let ms = 0; ms < 10_000; ms += 10) {
      ledger.record(0.01, ms);
      ledger.take()!.stored(ms);
    }
    expect(ledger.spentSince(-1)).toBe(10);
    // By the second.
    expect(ledger.spentSince(4_999)).toBe(5);
    expect(ledger.spentSince(5_500)).toBe(5);
  });
});
