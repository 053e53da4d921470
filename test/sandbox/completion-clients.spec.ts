import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { skipReason } from '../errors/clients.js';
import { withoutKeyInEnvironment } from '../support/environment.js';
import { COMPLETION_CLIENTS, MODEL } from './support/completion-clients.js';
import { deciding } from './support/completions.js';

let putKeyBack: () => void;

beforeAll(() => {
  putKeyBack = withoutKeyInEnvironment();
});

afterAll(() => {
  putKeyBack();
});

for (const client of COMPLETION_CLIENTS) {
  const reason = skipReason(client);
  const describeClient = reason === undefined ? describe : describe.skip;
  const [showsInJson, showsInStream] = client.showsCost;

  describeClient(`${client.name}${reason === undefined ? '' : ` (${reason})`}`, () => {
    it('reads an answer in one piece, and one that is streamed', async () => {
      const sandbox = await deciding({ usd: 0.0125 });
      const [json, stream] = [await client.complete(sandbox), await client.stream(sandbox)];
      expect(json).toEqual({ text: 'Hello from the sandbox.', cost: showsInJson ? 0.0125 : undefined });
      expect(stream).toEqual({ text: 'Hello from the sandbox.', cost: showsInStream ? 0.0125 : undefined });
      expect(sandbox.charges).toMatchObject([
        { usd: 0.0125, model: MODEL, isCancelled: false },
        { usd: 0.0125, model: MODEL, isCancelled: false },
      ]);
    });

    it('reads a long stream, chunk by chunk', async () => {
      const sandbox = await deciding({ chunks: 500 });
      const parts: string[] = [];
      const { text } = await client.stream(sandbox, (part) => parts.push(part));
      expect(text).toBe(Array<string>(100).fill('Hello from the sandbox.').join(' '));
      expect(parts).toHaveLength(500);
    });

    it('reads answers of the cache, and of the owner’s own contract', async () => {
      const sandbox = await deciding({ isCacheHit: true });
      for (const answer of [await client.complete(sandbox), await client.stream(sandbox)]) {
        expect(answer.text).toBe('Hello from the sandbox.');
        expect(answer.cost).toBeUndefined();
      }
      sandbox.onCompletion(() => ({ byokUsd: 0.5, usd: 0.025 }));
      expect((await client.complete(sandbox)).cost).toBe(showsInJson ? 0.025 : undefined);
      expect(sandbox.charges.map(({ usd }) => usd)).toEqual([0, 0, 0.025]);
    });

    it('throws where the provider fails in the middle, or the connection is cut', async () => {
      for (const decision of [{ failAfter: 2 }, { cutAfter: 2 }]) {
        const sandbox = await deciding({ ...decision, usd: 0.01 });
        const parts: string[] = [];
        await expect(client.stream(sandbox, (part) => parts.push(part))).rejects.toThrow(
          'failAfter' in decision ? /Provider disconnected unexpectedly/ : /./,
        );
        expect(parts).toEqual(['Hello', ' from']);
        expect(sandbox.charges).toMatchObject([{ usd: 0.004, isCancelled: 'cutAfter' in decision }]);
      }
    });
  });
}
