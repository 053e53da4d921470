import { describe, expect, it } from '@jest/globals';
import { secretsOfHeaders, withoutSecrets } from '../../lib/secret/secret-headers.js';

describe('values of headers that are secrets', () => {
  it.each([
    ['x-api-key', 'edge-credential-5d1f8a3c7e'],
    ['x-edge-token', 'Zx81kkQm20-call-credential'],
    ['x-gateway-key', 'q7w1'],
    ['cf-access-client-secret', 'abcdefghijklmnopqrst'],
    ['x-apikey', '0f1e2d3c4b5a6978'],
    ['x-auth-token', '73910264'],
    ['x-amz-security-token', 'FwoGZXIvYXdzE'],
    ['x-session-id', '8f14e45f-ceea-467f-9575-25a4a1b2c3d4'],
    ['x-token-v1', 'a1b2c3d4'],
    ['x-gateway-password', 'swordfish'],
    ['x-passphrase', 'team'],
    ['x-session-affinity', 'node-7f3a9c21b5'],
    ['x-auth-request-extra', 'aBcDeFgHiJkL'],
  ])('are what such names hold: %s: %s', (name, value) => {
    expect(secretsOfHeaders({ [name]: value })).toContain(value);
    expect(withoutSecrets({ [name]: value })).toEqual({ [name]: '[redacted]' });
  });

  it.each([
    ['x-session-mode', 'team'],
    ['x-session-mode', 'collaborative-editing'],
    ['x-session-region', 'production-eu-west-1'],
    ['x-session', 'team'],
    ['x-auth-type', 'service'],
    ['x-auth-provider', 'OpenRouter'],
    ['x-key-version', '3'],
    ['x-token-limit', '4096'],
    ['x-author', 'Jane Doe'],
    ['x-monkey', 'banana'],
    ['x-api-key', ''],
    ['x-api-key', 'none'],
    ['x-api-key', 'OpenRouter'],
    ['x-auth-token', '1000'],
    ['x-team', 'a1b2c3d4e5f6a7b8'],
  ])('are not words and numbers of messages: %s: %s', (name, value) => {
    expect(secretsOfHeaders({ [name]: value })).toEqual([]);
  });

  it('may stand behind the name of a scheme or of a cookie', () => {
    expect(secretsOfHeaders({ 'x-forward-auth': 'Basic dXNlcjpwYXNz' })).toContain('dXNlcjpwYXNz');
    const cookie = 'theme=dark; sid=7f3a9c21; lang=en';
    expect(secretsOfHeaders({ cookie })).toEqual(expect.arrayContaining([cookie, '7f3a9c21']));
    expect(secretsOfHeaders({ cookie })).not.toContain('dark');
  });

  it('are found in long ones in no time', () => {
    for (const value of ['a'.repeat(1_000_000), 'a1'.repeat(500_000), 'aA'.repeat(500_000)]) {
      expect(secretsOfHeaders({ 'x-session-note': value, 'x-api-key': value })).toContain(value);
    }
  });
});
