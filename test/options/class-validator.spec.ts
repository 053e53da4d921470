import { describe, expect, it } from '@jest/globals';
import * as index from 'class-validator';
import * as ours from '../../lib/options/class-validator.js';

describe('what is taken of class-validator by its files', () => {
  it.each(Object.entries(ours))('is what its index gives: %s', (name, value) => {
    expect(value).toBeDefined();
    expect(value).toBe(index[name as keyof typeof ours]);
  });
});
