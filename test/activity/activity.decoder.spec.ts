import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeActivity } from '../../lib/activity/activity.decoder.js';
import { OpenRouterResponseException } from '../../lib/errors/index.js';
import { tryParseJson } from '../../lib/untrusted/json.js';
import { ROW, ITEM } from './support.js';

function failureIn(body: unknown): OpenRouterResponseException {
  try {
    decodeActivity(body);
  } catch (error) {
    expect(error).toBeInstanceOf(OpenRouterResponseException);
    return error as OpenRouterResponseException;
  }
  throw new Error('nothing was thrown');
}

describe('rows of activity', () => {
  it('are read in full, in their order', () => {
    const rows = [
      ROW,
      { ...ROW, workspace_id: 'w-1', model: 'x/y' },
      { ...ROW, date: '2025-08-23 00:00:00' },
    ];
    expect(decodeActivity({ data: rows })).toEqual([
      ITEM,
      { ...ITEM, workspaceId: 'w-1', model: 'x/y' },
      { ...ITEM, date: new Date(Date.UTC(2025, 7, 23)) },
    ]);
  });

  it('may be none, and may come without their wrapper', () => {
    expect(decodeActivity({ data: [] })).toEqual([]);
    expect(decodeActivity([ROW])).toEqual([ITEM]);
  });

  it('share the date of a day within one answer, and never with another one', () => {
    const [one, other] = decodeActivity({ data: [ROW, ROW] });
    expect(one!.date).toBe(other!.date);
    one!.date!.setFullYear(1999);
    expect(decodeActivity({ data: [ROW] })[0]!.date).toEqual(ITEM.date);
  });

  it('lose what is not as documented, but for money', () => {
    const { usage, byok_usage_inference } = ROW;
    const money = { usage, byok_usage_inference };
    const left = { usage, byokUsageInference: byok_usage_inference };
    expect(decodeActivity({ data: [money] })).toStrictEqual([left]);
    for (const wrong of [null, {}, [], true, '']) {
      const row = Object.fromEntries(Object.keys(ROW).map((name) => [name, wrong]));
      const [item] = decodeActivity({ data: [{ ...row, ...money }] });
      const texts = { model: '', modelPermaslug: '', endpointId: '', providerName: '' };
      expect(item).toStrictEqual(wrong === '' ? { ...texts, ...left } : left);
    }
    expect(decodeActivity({ data: [{ ...ROW, date: '2025-02-31', requests: '5' }] })).toEqual([
      (({ date: _date, requests: _requests, ...rest }) => rest)(ITEM),
    ]);
  });

  it('ignore what they do not know', () => {
    const row = tryParseJson(`{"__proto__":{"usage":1},"toString":1,${JSON.stringify(ROW).slice(1)}`);
    expect(decodeActivity({ data: [row] })).toEqual([ITEM]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['missing', {}, 'usage', /is missing/],
    ['null', { usage: null }, 'usage', /is null/],
    ['a text', { usage: '0.015' }, 'usage', /is a string/],
    ['beyond every number', tryParseJson('{"usage":1e999}'), 'usage', /not finite/],
    ['of another kind', { usage: 1 }, 'byok_usage_inference', /is missing/],
    ['a text', { usage: 1, byok_usage_inference: '0' }, 'byok_usage_inference', /is a string/],
  ])('never have an amount made up that is %s', (_title, money, name, kind) => {
    const { usage: _usage, byok_usage_inference: _byok, ...rest } = ROW;
    const data = [...Array<object>(17).fill(ROW), { ...rest, ...(money as object) }, ROW];
    const { path, message, delivery } = failureIn({ data });
    expect({ path, delivery }).toEqual({ path: `data[17].${name}`, delivery: 'applied' });
    expect(message).toMatch(kind);
  });

  it.each<[unknown, string]>([
    [null, 'data[1]'],
    [5, 'data[1]'],
    ['usage', 'data[1]'],
    [[], 'data[1]'],
    [[1, 2], 'data[1]'],
  ])('are no %j', (row, path) => {
    expect(failureIn({ data: [ROW, row] })).toMatchObject({ path });
  });

  it.each([{}, { data: {} }, { data: null }, { data: 'x' }, null, 5, 'x'])('are not in %j', (body) => {
    expect(failureIn(body)).toMatchObject({ path: 'data' });
  });

  it('either decode or fail with a path, whatever the JSON', () => {
    const member = fc.constantFrom(...Object.keys(ROW), 'workspace_id', 'other');
    const rows = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(member, fc.jsonValue()), fc.constant(ROW)));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), rows, fc.record({ data: rows })), (body) => {
        try {
          for (const item of decodeActivity(body)) {
            expect(Number.isFinite(item.usage) && Number.isFinite(item.byokUsageInference)).toBe(true);
            expect(Object.values(item)).not.toContain(undefined);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(OpenRouterResponseException);
          expect((error as OpenRouterResponseException).path).toMatch(/^data(\[\d+\](\.\w+)?)?$/);
        }
      }),
    );
  });
});
