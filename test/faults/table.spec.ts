import { expect, it } from '@jest/globals';
import { bodyFaults } from './table/body.faults.js';
import { callFaults } from './table/call.faults.js';
import { connectionFaults } from './table/connection.faults.js';
import { protocolFaults } from './table/protocol.faults.js';
import { statusFaults } from './table/status.faults.js';

const faults = [...connectionFaults, ...protocolFaults, ...bodyFaults, ...statusFaults, ...callFaults];

/** Faults of what the package does not have, or that need more than one machine and one process. */
const ELSEWHERE = new Set([11, 73, 74, 78, 81, 82]);

it('the table holds every fault, each under a title of its own', () => {
  const numbers = new Set(faults.map(({ number }) => number));
  const missing = Array.from({ length: 82 }, (_, index) => index + 1).filter(
    (number) => !numbers.has(number) && !ELSEWHERE.has(number),
  );
  expect(missing).toEqual([]);
  expect(new Set(faults.map(({ title }) => title)).size).toBe(faults.length);
});
