import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SecretString } from 'nestjs-openrouter';
import { isCipherKey, SecretCipher } from '../src/tenants/secret-cipher.js';

const SECRET = new SecretString('sk-or-v1-5ecret-öä');
const OWNER = { tenantId: 'acme', hash: 'a'.repeat(64) };

function newKey(): SecretString {
  return new SecretString(randomBytes(32).toString('base64'));
}

describe('SecretCipher', () => {
  const cipher = new SecretCipher(newKey());

  it('opens what it has sealed', () => {
    expect(cipher.open(cipher.seal(SECRET, OWNER), OWNER).reveal()).toBe(SECRET.reveal());
  });

  it('hides the secret, and never produces the same bytes twice', () => {
    const sealed = cipher.seal(SECRET, OWNER);

    expect(sealed.includes('5ecret')).toBe(false);
    expect(cipher.seal(SECRET, OWNER).equals(sealed)).toBe(false);
  });

  it.each([
    ['another tenant', { ...OWNER, tenantId: 'evil' }],
    ['another key of the tenant', { ...OWNER, hash: 'b'.repeat(64) }],
    ['an owner that reads the same', { tenantId: 'acm', hash: `e${OWNER.hash}` }],
  ])('does not open for %s', (_title, owner) => {
    const sealed = cipher.seal(SECRET, OWNER);

    expect(() => cipher.open(sealed, owner)).toThrow();
  });

  it('does not open with another key', () => {
    const sealed = cipher.seal(SECRET, OWNER);

    expect(() => new SecretCipher(newKey()).open(sealed, OWNER)).toThrow();
  });

  it('notices every changed byte, and every truncation', () => {
    const sealed = cipher.seal(SECRET, OWNER);
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered[at]! ^= 1;
      expect(() => cipher.open(altered, OWNER)).toThrow();
      expect(() => cipher.open(sealed.subarray(0, at), OWNER)).toThrow();
    }
  });
});

describe('isCipherKey', () => {
  it.each([
    [randomBytes(32).toString('base64'), true],
    [randomBytes(32).toString('hex'), false],
    [randomBytes(16).toString('base64'), false],
    [randomBytes(33).toString('base64'), false],
    [`${randomBytes(32).toString('base64')} `, false],
    ['correct horse battery staple, 32', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isCipherKey(text)).toBe(expected);
  });
});
