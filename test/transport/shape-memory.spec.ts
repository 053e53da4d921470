import { describe, expect, it } from '@jest/globals';
import { ShapeMemory } from '../../lib/transport/shape-memory.js';

/** Five shapes that fall on the same place: only bits that do not choose it are different. */
const NEIGHBOURS = [0, 1, 2, 3, 4].map((number) => 0x100 | (number << 29));

describe('The memory of shapes', () => {
  it('knows a shape from its second occurrence on', () => {
    const memory = new ShapeMemory();

    expect(memory.has(0x100)).toBe(false);
    expect(memory.has(0x100)).toBe(true);
  });

  it('keeps shapes apart that fall on the same place, however they take turns', () => {
    const memory = new ShapeMemory();

    const four = NEIGHBOURS.slice(0, 4);

    expect(four.some((shape) => memory.has(shape))).toBe(false);
    expect([...four, ...four].every((shape) => memory.has(shape))).toBe(true);
  });

  it('forgets the oldest where too many share a place', () => {
    const memory = new ShapeMemory();

    NEIGHBOURS.forEach((shape) => memory.has(shape));

    expect(memory.has(NEIGHBOURS.at(-1)!)).toBe(true);
    expect(memory.has(NEIGHBOURS[0]!)).toBe(false);
  });
});
