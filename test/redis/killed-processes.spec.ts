import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomBy } from '../support/random.js';
import { KILL_POINTS, type Moment, type Step } from './support/kill-point.js';
import { runKillRound } from './support/kill-round.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

const IS_SOAK = process.env['SPEND_SOAK'] === '1';
const ROUNDS = IS_SOAK ? [1, 2] : [1];
/** Few processes start quickly, so each step is once a point, before it or after it. */
function pointsOf(random: () => number): readonly (readonly [Step, Moment])[] {
  const isBefore = random() < 0.5;
  return IS_SOAK
    ? KILL_POINTS
    : KILL_POINTS.filter(([step, moment]) => step === 'send' || (moment === 'before') === isBefore);
}

jest.setTimeout(240_000);

(HAS_REDIS ? describe : describe.skip)('processes that are killed between any two steps', () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await RedisServer.start();
  });

  afterEach(() => server.stop());

  it.each(ROUNDS)(
    'leave what was billed, and what was held where nobody knows a generation (round %d)',
    async (round) => {
      const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9)) + round;
      const random = randomBy(seed);
      const { violations, billed, lost } = await runKillRound({
        redisPort: server.port,
        points: pointsOf(random),
        // Some are refused in the soak; otherwise each is needed.
        ...(IS_SOAK ? { calls: 14, share: 0.8 } : { calls: 7, share: 3 }),
        random,
      });
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      expect(billed).toBeGreaterThan(0);
      expect(lost).toBeGreaterThan(0);
    },
  );
});
