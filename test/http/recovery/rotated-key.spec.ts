import { describe, expect, it } from '@jest/globals';
import { OpenRouterApiException, OpenRouterUnauthorizedException } from '../../../lib/errors/index.js';
import { RotatedKey } from '../../../lib/http/recovery/rotated-key.js';

const refused = { exception: new OpenRouterUnauthorizedException({ message: 'no' }), transient: false };
const forbidden = { exception: new OpenRouterApiException({ status: 403, message: 'no' }), transient: false };
const busy = { exception: new OpenRouterApiException({ status: 503, message: 'no' }), transient: false };

const again = (key: string) => ({ delayMs: 0, key });

describe('the recovery from a rotated key', () => {
  it.each([
    ['asks once and takes another key', [refused], ['new'], [again('new')], 1],
    ['is over where the key is the same', [refused, refused], ['old', 'new'], [undefined, undefined], 1],
    ['helps once in a call', [refused, refused], ['new', 'newer'], [again('new'), undefined], 1],
    ['does not ask after any other failure', [busy, forbidden], ['new'], [undefined, undefined], 0],
    ['is there for a later refusal', [busy, refused], ['new'], [undefined, again('new')], 1],
  ])('%s', async (_title, failures, keys, expected, asks) => {
    let asked = 0;
    const recovery = new RotatedKey('old', () => {
      asked += 1;
      return Promise.resolve(keys[asked - 1]!);
    });
    const retries = [];
    for (const failure of failures) {
      retries.push(await recovery.after(failure));
    }
    expect(retries).toEqual(expected);
    expect(asked).toBe(asks);
  });

  it('fails with the function that gives the key', async () => {
    const recovery = new RotatedKey('old', () => Promise.reject(new Error('the vault is sealed')));
    await expect(recovery.after(refused)).rejects.toThrow('the vault is sealed');
  });
});
