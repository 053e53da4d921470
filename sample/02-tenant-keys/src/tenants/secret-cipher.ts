import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretString } from 'nestjs-openrouter';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The tenant and key that a secret belongs to. */
export interface SecretOwner {
  readonly tenantId: string;
  readonly hash: string;
}

/**
 * Encrypts the secrets of tenants for the database with AES-256-GCM. A secret is bound to its owner, so it does not open
 * in the row of another tenant. A sealed secret consists of version (1 byte), IV (12), tag (16) and ciphertext.
 */
export class SecretCipher {
  private readonly key: () => Buffer;

  /** @param key - 32 bytes in base64; see {@link isCipherKey}. */
  constructor(key: SecretString) {
    this.key = () => Buffer.from(key.reveal(), 'base64');
  }

  seal(secret: SecretString, owner: SecretOwner): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key(), iv).setAAD(nameOf(owner));
    const ciphertext = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), ciphertext]);
  }

  /** @throws `Error` if it was sealed with another key, for another owner, or changed since. */
  open(sealed: Buffer, owner: SecretOwner): SecretString {
    const [iv, tag, ciphertext] = split(sealed);
    const decipher = createDecipheriv(ALGORITHM, this.key(), iv, { authTagLength: TAG_BYTES })
      .setAAD(nameOf(owner))
      .setAuthTag(tag);
    return new SecretString(decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8'));
  }
}

/** Whether a string is 32 bytes in base64, as `openssl rand -base64 32` prints them. */
export function isCipherKey(value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === value;
}

function nameOf({ tenantId, hash }: SecretOwner): Buffer {
  return Buffer.from(JSON.stringify([tenantId, hash]));
}

function split(sealed: Buffer): [iv: Buffer, tag: Buffer, ciphertext: Buffer] {
  const ivEnd = 1 + IV_BYTES;
  const tagEnd = ivEnd + TAG_BYTES;
  if (sealed[0] !== VERSION || sealed.length <= tagEnd) {
    throw new Error('This is not a sealed secret.');
  }
  return [sealed.subarray(1, ivEnd), sealed.subarray(ivEnd, tagEnd), sealed.subarray(tagEnd)];
}
