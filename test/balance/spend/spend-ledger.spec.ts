import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type OutgoingSpend, SpendLedger } from '../../../lib/balance/spend/spend-ledger.js';
import type { NamedSpend, SharedSpend } from '../../../lib/contracts/balance-store.js';

const unnamed = (): SpendLedger => new SpendLedger('0a', false);
const spent = (ledger: SpendLedger, since: number): number => ledger.spentSince(since).accountUsd;

/** What a store tells that was asked and has answered at once. */
function see(ledger: SpendLedger, spend: readonly SharedSpend[], at: number): void {
  ledger.see(spend, { askedAt: at, answeredAt: at });
}

describe('recorded spend, with a store that only adds up,', () => {
  it('adds up exactly from a moment on', () => {
    const ledger = unnamed();
    ledger.record(0.1, 1_000);
    expect(spent(ledger, 0)).toBe(0.1);
    ledger.record(0.2, 1_001);
    expect(spent(ledger, 0)).toBe(0.3);
    expect(spent(ledger, 1_001)).toBe(0);
  });

  it('is counted once while it is on its way to the store and back', () => {
    const ledger = unnamed();
    ledger.record(0.0000015, 0);
    const outgoing = ledger.take(0)!;
    expect(outgoing.microUsd).toBe(1);
    expect(spent(ledger, -1)).toBe(0.0000015);
    // A store that was asked before it had it.
    see(ledger, [], 5);
    expect(spent(ledger, -1)).toBe(0.0000015);
    outgoing.stored(10);
    see(ledger, [], 9);
    expect(spent(ledger, -1)).toBe(0.0000015);
    see(ledger, [{ microUsd: 1, ageMs: 20 }], 20);
    expect(spent(ledger, -1)).toBe(0.0000015);
  });

  it('is counted once while the store is asked, however close together the amounts are', () => {
    const ledger = unnamed();
    ledger.record(2, 0);
    ledger.take(0)!.stored(10);
    ledger.record(2, 21);
    ledger.take(0)!.stored(25);
    see(ledger, [{ microUsd: 2_000_000, ageMs: 10 }], 20);
    expect(spent(ledger, -1)).toBe(4);
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
          const ledger = unnamed();
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
              const outgoing = ledger.take(0);
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
            } else if (step === 'read' && question !== undefined) {
              question.told ??= stored.map(({ at, microUsd }) => ({ at, microUsd }));
            } else if (step === 'answer' && question?.told !== undefined) {
              const { askedAt, told } = question;
              ledger.see(
                told.map(({ at, microUsd }) => ({ microUsd, ageMs: now - at })),
                { askedAt, answeredAt: now },
              );
              unsure = stored
                .slice(0, told.length)
                .filter(({ confirmedAt }) => confirmedAt > askedAt)
                .reduce((sum, { microUsd }) => sum + microUsd / 1_000_000, 0);
              question = undefined;
            }
            expect(spent(ledger, -1)).toBeGreaterThanOrEqual(recorded);
            expect(spent(ledger, -1)).toBeLessThanOrEqual(recorded + unsure);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts from when the store had it where others recorded it', () => {
    const ledger = unnamed();
    see(
      ledger,
      [
        { microUsd: 500_000, ageMs: 90 },
        { microUsd: 250_000, ageMs: 10 },
      ],
      100,
    );
    expect([spent(ledger, 0), spent(ledger, 10), spent(ledger, 90)]).toEqual([0.75, 0.25, 0]);
  });

  it('is counted by this process alone where the store may or may not have it', () => {
    const ledger = unnamed();
    ledger.record(1, 0);
    ledger.take(0);
    see(ledger, [], 1_000);
    expect(spent(ledger, -1)).toBe(1);
    expect(ledger.take(0)).toBeUndefined();
  });

  it('is forgotten with the moment until which a reading includes it', () => {
    const ledger = unnamed();
    ledger.record(1, 0);
    ledger.take(0)?.stored(0);
    ledger.record(2, 2_000);
    see(
      ledger,
      [
        { microUsd: 4_000_000, ageMs: 4_900 },
        { microUsd: 8_000_000, ageMs: 0 },
      ],
      5_000,
    );
    ledger.forgetUntil(1_000);
    expect(spent(ledger, -Infinity)).toBe(10);
    ledger.forgetUntil(5_000);
    expect(spent(ledger, -Infinity)).toBe(0);
  });

  it('of the past counts from when it was spent, and stays its own once the store has it', () => {
    const ledger = unnamed();
    ledger.record(1, 100_000, false, 90_000);
    ledger.record(2, 100_000);
    expect(spent(ledger, 9_999)).toBe(3);
    expect(spent(ledger, 10_000)).toBe(2);
    ledger.take(100_000)!.stored(100_010);
    // The store dates it by its arrival.
    see(ledger, [{ microUsd: 3_000_000, ageMs: 10 }], 100_020);
    expect(spent(ledger, 9_999)).toBe(3);
    expect(spent(ledger, 10_000)).toBe(2);
    ledger.record(4, 100_030, false, 50_000);
    expect(spent(ledger, 10_000)).toBe(6);
    ledger.forgetUntil(60_000);
    expect(spent(ledger, 0)).toBe(2);
  });

  it('does not pile up where nobody reads the store', () => {
    const ledger = unnamed();
    for (let ms = 0; ms < 10_000; ms += 10) {
      ledger.record(0.01, ms);
      ledger.take(0)!.stored(ms);
    }
    expect(spent(ledger, -1)).toBe(10);
    // By the second.
    expect(spent(ledger, 4_999)).toBe(5);
    expect(spent(ledger, 5_500)).toBe(5);
  });
});

interface Kept {
  microUsd: number;
  otherKeysMicroUsd: number;
  at: number;
  since: number;
}

/** A store that names sums, loses what it is told to lose, and has a clock that can be put forward and back. */
class NamingStore {
  sums = new Map<string, Kept>();
  #backup = new Map<string, Kept>();
  clockOffset = 0;

  merge(sums: readonly NamedSpend[], now: number): void {
    for (const { id, microUsd, otherKeysMicroUsd, ageMs, spanMs } of sums) {
      const at = now + this.clockOffset - ageMs;
      const known = this.sums.get(id);
      this.sums.set(id, {
        microUsd: Math.max(microUsd, known?.microUsd ?? 0),
        otherKeysMicroUsd: Math.max(otherKeysMicroUsd, known?.otherKeysMicroUsd ?? 0),
        at: Math.min(now + this.clockOffset, Math.max(at, known?.at ?? -Infinity)),
        since: Math.min(at - spanMs, known?.since ?? Infinity),
      });
    }
  }

  tell(now: number): SharedSpend[] {
    return [...this.sums].map(([id, { microUsd, otherKeysMicroUsd, at, since }]) => ({
      id,
      microUsd,
      otherKeysMicroUsd,
      ageMs: Math.max(0, now + this.clockOffset - at),
      spanMs: at - since,
    }));
  }

  backUp(): void {
    this.#backup = structuredClone(this.sums);
  }

  /** A replica takes its place that was behind. */
  failOver(): void {
    this.sums = structuredClone(this.#backup);
  }

  flush(): void {
    this.sums = new Map();
  }

  evictOne(): void {
    this.sums.delete([...this.sums.keys()][0] ?? '');
  }
}

/** A process with a ledger, whose messages to the store may be lost on the way there or back. */
class Process {
  readonly ledger: SpendLedger;
  /** What it has recorded, when, and when it was spent. */
  readonly recorded: { at: number; recordedAt: number; usd: number; isOtherKey: boolean }[] = [];
  /** What it was told of, at the least. */
  readonly seen = new Map<Process, number>();

  constructor(
    readonly name: string,
    private readonly store: NamingStore,
  ) {
    this.ledger = new SpendLedger(name, true);
  }

  record(usd: number, now: number, isOtherKey = false, agoMs = 0): void {
    this.ledger.record(usd, now, isOtherKey, agoMs);
    this.recorded.push({ at: now - agoMs, recordedAt: now, usd, isOtherKey });
  }

  send(now: number, isLost = false, isAnswerLost = false): void {
    const spend = this.ledger.take(now);
    if (spend === undefined || isLost) return;
    this.store.merge(spend.sums, now);
    if (!isAnswerLost) spend.stored(now);
  }

  /** @returns The names of the sums that it was told of. */
  read(now: number): string[] {
    const told = this.store.tell(now);
    this.ledger.see(told, { askedAt: now, answeredAt: now });
    return told.map(({ id }) => id!);
  }

  spentSince(moment: number, isKey = false): number {
    return this.recorded.reduce(
      (sum, { at, usd, isOtherKey }) => (at > moment && !(isKey && isOtherKey) ? sum + usd : sum),
      0,
    );
  }
}

describe('recorded spend, with a store that names sums,', () => {
  const LOSSES: [string, (store: NamingStore) => void][] = [
    ['is emptied', (store) => store.flush()],
    ['evicts', (store) => store.evictOne()],
    ['falls back to what it was', (store) => store.failOver()],
    ['jumps an hour forward', (store) => (store.clockOffset += 3_600_000)],
    ['jumps an hour back', (store) => (store.clockOffset -= 3_600_000)],
    [
      'jumps forward, and forgets what is old by then',
      (store) => {
        store.clockOffset += 3_600_000;
        store.flush();
      },
    ],
  ];

  it.each(LOSSES)(
    'is kept where the store %s, by those who saw it, and told to those who did not',
    (_, lose) => {
      const store = new NamingStore();
      const [one, two, three] = ['a', 'b', 'c'].map((name) => new Process(name, store)) as [
        Process,
        Process,
        Process,
      ];
      one.record(15, 1_000);
      one.send(1_010);
      store.backUp();
      two.record(25, 2_000);
      two.send(2_010);
      for (const process of [one, two]) process.read(3_000);
      expect([one, two].map(({ ledger }) => spent(ledger, 0))).toEqual([40, 40]);
      lose(store);
      // One more amount, which must neither hide what was lost nor be hidden by it.
      one.record(5, 9_000);
      one.send(9_010);
      for (const process of [one, two]) process.read(10_000);
      expect([one, two].map(({ ledger }) => spent(ledger, 0))).toEqual([45, 45]);
      for (const process of [one, two]) process.send(10_010);
      three.read(10_500);
      expect(spent(three.ledger, 0)).toBe(45);
      for (const process of [one, two]) process.read(11_000);
      expect([one, two].map(({ ledger }) => spent(ledger, 0))).toEqual([45, 45]);
      // On their own clocks, until a reading settles it.
      expect([one, two].map(({ ledger }) => spent(ledger, 9_500))).toEqual([0, 0]);
      for (const { ledger } of [one, two, three]) ledger.forgetUntil(12_000);
      expect([one, two].map(({ ledger }) => spent(ledger, 0))).toEqual([0, 0]);
    },
  );

  it('is sent with the time at which it was spent, in few sums', () => {
    const ledger = new SpendLedger('me', true);
    ledger.record(1, 100_000);
    for (let count = 0; count < 100; count += 1) {
      ledger.record(1, 100_000, count % 2 === 0, 90_000 - count);
      ledger.record(1, 100_000 + count);
    }
    expect(ledger.take(100_100)?.sums).toEqual([
      { id: 'me.1', microUsd: 101_000_000, otherKeysMicroUsd: 0, ageMs: 1, spanMs: 99 },
      { id: 'me.2', microUsd: 100_000_000, otherKeysMicroUsd: 50_000_000, ageMs: 90_001, spanMs: 99 },
    ]);
  });

  it('is sent again by others where its process is gone', () => {
    const store = new NamingStore();
    const [gone, other, newcomer] = ['a', 'b', 'c'].map((name) => new Process(name, store)) as [
      Process,
      Process,
      Process,
    ];
    gone.record(15, 0);
    gone.send(0);
    other.read(500);
    store.flush();
    other.read(1_000);
    other.send(1_001);
    newcomer.read(1_500);
    expect(spent(newcomer.ledger, -10_000)).toBe(15);
  });

  it('does not count again once it is settled, whoever sends it again', () => {
    const store = new NamingStore();
    const [one, two] = ['a', 'b'].map((name) => new Process(name, store)) as [Process, Process];
    one.record(15, 0);
    one.send(0);
    two.read(500);
    one.ledger.forgetUntil(1_000);
    store.flush();
    two.read(2_000);
    two.send(2_001);
    for (const process of [one, two]) process.read(2_500);
    expect([spent(one.ledger, -1), spent(two.ledger, -1)]).toEqual([0, 15]);
  });

  it('is not sent again where the store has forgotten what is settled', () => {
    const store = new NamingStore();
    const process = new Process('a', store);
    process.record(15, 0);
    process.send(0);
    process.ledger.forgetUntil(1_000);
    store.flush();
    process.read(2_000);
    expect(process.ledger.take(2_001)).toBeUndefined();
  });

  it('counts for the limit of the key where it was spent with that key', () => {
    const store = new NamingStore();
    const [one, two] = ['a', 'b'].map((name) => new Process(name, store)) as [Process, Process];
    one.record(15, 0, true);
    one.record(0.5, 10);
    expect(one.ledger.spentSince(-1)).toEqual({ accountUsd: 15.5, keyUsd: 0.5 });
    one.send(20);
    two.read(30);
    expect(two.ledger.spentSince(-1)).toEqual({ accountUsd: 15.5, keyUsd: 0.5 });
    // As an earlier version has kept it.
    see(two.ledger, [{ id: '1790000000', microUsd: 2_000_000, ageMs: 5 }], 40);
    expect(two.ledger.spentSince(-1)).toEqual({ accountUsd: 17.5, keyUsd: 2.5 });
  });

  it('goes out in few messages after many were not taken', () => {
    const process = new Process('a', new NamingStore());
    for (let index = 0; index < 300_000; index += 1) {
      process.record(0.000001, index / 1_000);
      if (index % 100 === 0) process.send(index / 1_000, true);
    }
    const outgoing = process.ledger.take(300)!;
    expect(outgoing.sums).toEqual([
      {
        id: 'a.1',
        microUsd: 300_000,
        otherKeysMicroUsd: 0,
        ageMs: expect.any(Number),
        spanMs: expect.any(Number),
      },
    ]);
  });

  it('is never forgotten by whoever has seen it, never counted twice, and known to all in the end', () => {
    const steps = [
      'record',
      'recordOther',
      'recordPast',
      'recordOtherPast',
      'cut',
      'send',
      'loseMessage',
      'loseAnswer',
      'read',
      'flush',
      'evict',
      'backUp',
      'failOver',
      'forward',
      'back',
    ] as const;
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(...steps),
            fc.integer({ min: 0, max: 2 }),
            fc.integer({ min: 1, max: 3_000 }),
          ),
          { minLength: 10, maxLength: 80 },
        ),
        (script) => {
          const store = new NamingStore();
          const processes = ['a', 'b', 'c'].map((name) => new Process(name, store));
          let now = 100_000;
          const from = now - 1;
          // One that asks a store for the first time after its clock has jumped has nothing to compare it with.
          for (const process of processes) process.read(now);
          for (const [step, index, waitMs] of script) {
            now += waitMs;
            const process = processes[index]!;
            if (step === 'record') process.record(1, now);
            else if (step === 'recordOther') process.record(1, now, true);
            else if (step === 'recordPast') process.record(1, now, false, (now - from) / 2);
            else if (step === 'recordOtherPast')
              process.record(1, now, true, Math.min(now - from - 1, 7_000));
            else if (step === 'cut') process.ledger.cut();
            else if (step === 'send') process.send(now);
            else if (step === 'loseMessage') process.send(now, true);
            else if (step === 'loseAnswer') process.send(now, false, true);
            else if (step === 'flush') store.flush();
            else if (step === 'evict') store.evictOne();
            else if (step === 'backUp') store.backUp();
            else if (step === 'failOver') store.failOver();
            else if (step === 'forward') store.clockOffset += 120_000;
            else if (step === 'back') store.clockOffset -= 120_000;
            else {
              const told = store.tell(now);
              process.read(now);
              for (const other of processes) {
                const sums = told.filter(({ id }) => id!.startsWith(`${other.name}.`));
                const usd = sums.reduce((sum, { microUsd }) => sum + microUsd / 1_000_000, 0);
                process.seen.set(other, Math.max(usd, process.seen.get(other) ?? 0));
              }
            }
            for (const one of processes) {
              const truth = processes.reduce((sum, other) => sum + other.spentSince(from), 0);
              const known = processes.reduce(
                (sum, other) => sum + (other === one ? one.spentSince(from) : (one.seen.get(other) ?? 0)),
                0,
              );
              const { accountUsd, keyUsd } = one.ledger.spentSince(from);
              expect(accountUsd).toBeGreaterThanOrEqual(known);
              expect(accountUsd).toBeLessThanOrEqual(truth);
              expect(keyUsd).toBeLessThanOrEqual(accountUsd);
            }
          }
          for (let round = 0; round < 3; round += 1) {
            now += 500;
            for (const process of processes) {
              process.read(now);
              process.send(now);
            }
          }
          const truth = processes.reduce((sum, process) => sum + process.spentSince(from), 0);
          const keyTruth = processes.reduce((sum, process) => sum + process.spentSince(from, true), 0);
          for (const { ledger } of processes) {
            expect(ledger.spentSince(from)).toEqual({ accountUsd: truth, keyUsd: keyTruth });
            // Whatever the clocks said: what is past is settled in the end.
            expect(spent(ledger, now)).toBe(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts for as long as it must, by the clock of whoever looks', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('record', 'recordPast', 'read', 'read', 'flush', 'forward', 'back'),
            fc.integer({ min: 1, max: 1_500 }),
          ),
          { minLength: 10, maxLength: 60 },
        ),
        (script) => {
          const store = new NamingStore();
          const [writer, reader] = ['a', 'b'].map((name) => new Process(name, store)) as [Process, Process];
          let now = 100_000;
          // A process that looks all the time has seen the store before.
          reader.read(now);
          let seenUntil = 0;
          for (const [step, waitMs] of script) {
            now += waitMs;
            if (step === 'record') {
              writer.record(1, now);
              writer.send(now);
            } else if (step === 'recordPast') {
              writer.record(1, now, false, Math.min(now - 100_000, 4_000));
              writer.send(now);
            } else if (step === 'read') {
              writer.read(now);
              writer.send(now);
              reader.read(now);
              seenUntil = now;
            } else if (step === 'flush') store.flush();
            else if (step === 'forward') store.clockOffset += 120_000;
            else store.clockOffset -= 120_000;
            for (const moment of [99_999, now - 5_000, now - 1_000]) {
              const must = writer.recorded.filter(
                ({ at, recordedAt }) => at > moment && recordedAt <= seenUntil,
              ).length;
              expect(spent(reader.ledger, moment)).toBeGreaterThanOrEqual(must);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
