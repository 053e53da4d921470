import { describe, expect, it } from '@jest/globals';
import { nodeLookup } from '../../lib/transport/node-lookup.js';

type Given = Parameters<typeof nodeLookup>[0];

/** What Node gets from a lookup, each call of its callback. */
async function told(lookup: unknown, all: boolean): Promise<unknown[][]> {
  const calls: unknown[][] = [];
  nodeLookup(lookup as Given)('api.test', { all }, (...call) => calls.push(call));
  await new Promise((resolve) => setImmediate(resolve));
  return calls;
}

const calling =
  (...call: unknown[]) =>
  (_host: string, _options: object, callback: (...call: unknown[]) => void) =>
    callback(...call);

const FOUR = { address: '192.0.2.1', family: 4 };
const SIX = { address: '2001:db8::1', family: 6 };

describe('a lookup of the options', () => {
  it.each<[string, unknown, object[]]>([
    ['calls back with an address and its family', calling(null, FOUR.address, 4), [FOUR]],
    ['calls back with an address', calling(null, SIX.address), [SIX]],
    ['calls back with an entry', calling(null, FOUR), [FOUR]],
    ['calls back with entries', calling(null, [SIX, FOUR]), [SIX, FOUR]],
    ['calls back with addresses', calling(null, [SIX.address, FOUR.address]), [SIX, FOUR]],
    ['takes a family of 0 for none', calling(null, FOUR.address, 0), [FOUR]],
    ['promises an address', () => Promise.resolve(FOUR.address), [FOUR]],
    ['promises an entry', () => Promise.resolve(SIX), [SIX]],
    ['promises an address and its family', () => Promise.resolve([FOUR.address, 4]), [FOUR]],
    ['promises entries', () => Promise.resolve([[SIX, FOUR]]), [SIX, FOUR]],
    [
      'calls back and promises nothing',
      (_host: string, _options: object, callback: (...call: unknown[]) => void) => {
        callback(null, FOUR.address, 4);
        return Promise.resolve();
      },
      [FOUR],
    ],
    [
      'calls back twice, and counts once',
      (_host: string, _options: object, callback: (...call: unknown[]) => void) => {
        callback(null, FOUR.address, 4);
        callback(null, SIX.address, 6);
      },
      [FOUR],
    ],
  ])('%s', async (_name, lookup, entries) => {
    const [first] = entries as [typeof FOUR];
    expect(await told(lookup, true)).toEqual([[null, entries]]);
    expect(await told(lookup, false)).toEqual([[null, first.address, first.family]]);
  });

  it.each<[string, unknown, string]>([
    ['an error', calling(new Error('gone')), 'gone'],
    ['a rejection', () => Promise.reject(new Error('gone')), 'gone'],
    ['no address', calling(null, []), 'the `lookup` of the options gave no address'],
    ['something else', calling(null, 7), 'the `lookup` of the options gave no address'],
    ['a promise of something else', () => Promise.resolve({}), 'the `lookup` of the options gave no address'],
  ])('may give %s', async (_name, lookup, message) => {
    for (const all of [true, false]) {
      const [[error]] = (await told(lookup, all)) as [[Error]];
      expect(error.message).toBe(message);
    }
  });
});
