import { describe, expect, it } from '@jest/globals';
import { destinations } from '../../../lib/metering/wrapper/metered-paths.js';

const FREE = { kind: 'free' };

describe.each(['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v1/'])('below %s', (baseUrl) => {
  const destinationOf = destinations(baseUrl);

  it.each([
    ['https://openrouter.ai/api/v1/chat/completions', '/chat/completions'],
    ['https://openrouter.ai:443/api/v1/chat/completions?x=1#y', '/chat/completions'],
    ['https://OPENROUTER.ai/api/v1//responses/', '/responses'],
    ['https://openrouter.ai/api/v1/x/../messages', '/messages'],
    ['https://openrouter.ai/api/v1/keysmith', '/keysmith'],
    ['https://openrouter.ai/api/v1/audio/keys', '/audio/keys'],
  ])('%s is a completion', (url, path) => {
    expect(destinationOf(url)).toEqual({ kind: 'completion', path });
    // Asked for the second time, it is remembered.
    expect(destinationOf(url)).toEqual({ kind: 'completion', path });
  });

  it.each([
    ...['keys', 'keys/', 'keys/abc', 'credits/coinbase', 'auth/keys', 'workspaces', '/keys', ''],
    '../v1beta/chat/completions',
  ])('%p costs nothing', (path) => {
    expect(destinationOf(`https://openrouter.ai/api/v1/${path}`)).toEqual(FREE);
  });

  it.each(['https://openrouter.ai/api/v1', 'https://openrouter.ai/api/v12/chat', 'https://openrouter.ai/'])(
    '%s is not below it',
    (url) => {
      expect(destinationOf(url)).toEqual(FREE);
    },
  );

  it.each([
    ['https://api.openai.com/api/v1/chat/completions', 'https://api.openai.com'],
    ['http://openrouter.ai/api/v1/chat/completions', 'http://openrouter.ai'],
    ['https://openrouter.ai:8443/api/v1/chat', 'https://openrouter.ai:8443'],
  ])('%s is another server', (url, origin) => {
    expect(destinationOf(url)).toEqual({ kind: 'foreign', origin });
  });

  it.each(['', '/chat/completions', 'not a url'])('%p is no URL', (url) => {
    expect(destinationOf(url)).toBeUndefined();
  });
});

describe('destinations', () => {
  it('knows a base URL without a path', () => {
    expect(destinations('http://127.0.0.1:1')('http://127.0.0.1:1/chat')).toEqual({
      kind: 'completion',
      path: '/chat',
    });
  });
});
