import { describe, expect, it } from '@jest/globals';
import { KeptBytes } from '../../../lib/metering/usage/kept-bytes.js';

describe('kept bytes', () => {
  it('are copied a few times only, however small the chunks are', () => {
    const kept = new KeptBytes(1_048_576);
    const buffers = new Set<ArrayBufferLike>();
    const chunk = new Uint8Array(16).fill(7);
    for (let count = 0; count < 65_536; count += 1) {
      kept.add(chunk);
      buffers.add(kept.bytes.buffer);
    }
    expect(kept.add(chunk)).toBe(false);
    expect(kept.length).toBe(1_048_576);
    expect(kept.bytes.every((byte) => byte === 7)).toBe(true);
    expect(buffers.size).toBeLessThanOrEqual(11);
  });
});
