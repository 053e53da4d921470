import { expect } from '@jest/globals';
import { randomBy } from '../../../support/random.js';
import { KILL_POINTS, type Moment, type Step } from './kill-point.js';
import { type KillStore, runKillRound } from './kill-round.js';

const IS_SOAK = process.env['SPEND_SOAK'] === '1';

/** The rounds that a test makes. */
export const KILL_ROUNDS = IS_SOAK ? [1, 2] : [1];

/** Few processes start quickly, so each step is once a point, before it or after it. */
function pointsOf(random: () => number): readonly (readonly [Step, Moment])[] {
  const isBefore = random() < 0.5;
  return IS_SOAK
    ? KILL_POINTS
    : KILL_POINTS.filter(([step, moment]) => step === 'send' || (moment === 'before') === isBefore);
}

/** Kills processes between any two steps: what was billed stays, and what was held where nobody knows a generation. */
export async function expectKeptBooks(store: KillStore, round: number): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9)) + round;
  const random = randomBy(seed);
  const { violations, billed, lost } = await runKillRound({
    ...store,
    points: pointsOf(random),
    // Some are refused in the soak. Otherwise each is needed, however often a busy store has taken a hold too late.
    ...(IS_SOAK ? { calls: 14, share: 0.8 } : { calls: 7, share: 100 }),
    random,
  });
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(billed).toBeGreaterThan(0);
  expect(lost).toBeGreaterThan(0);
}
