import { it, jest } from '@jest/globals';
import { InMemorySpendStore } from '../../lib/index.js';
import { expectTwoDays } from './support/end-of-day.js';

jest.setTimeout(60_000);

it('a day that ends in the middle of streams has its own bills, and the next one has its whole limit, in memory', () =>
  expectTwoDays(new InMemorySpendStore()));
