import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretString } from 'nestjs-openrouter';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Which key of which tenant a secret belongs to. */
export interface SecretOwner {
  readonly tenantId: string;
  readonly hash: string;
}

/**
 * Encrypts the secrets of tenants for the database: AES-256-GCM, bound to its owner, so that a secret that was moved
 * to another tenant's row does not open. A sealed secret is version (1 byte), IV (12), tag (16), ciphertext.
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
    const text = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), text]);
  }

  /** @throws `Error` if it was sealed with another key or for another owner, or was altered. */
  open(sealed: Buffer, owner: SecretOwner): SecretString {
    const [iv, tag, text] = split(sealed);
    const decipher = createDecipheriv(ALGORITHM, this.key(), iv, { authTagLength: TAG_BYTES })
      .setAAD(nameOf(owner))
      .setAuthTag(tag);
    return new SecretString(decipher.update(text, undefined, 'utf8') + decipher.final('utf8'));
  }
}

/** Whether a text is 32 bytes in base64, as `openssl rand -base64 32` prints them. */
export function isCipherKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === text;
}

function nameOf({ tenantId, hash }: SecretOwner): Buffer {
  return Buffer.from(JSON.stringify([tenantId, hash]));
}

function split(sealed: Buffer): [iv: Buffer, tag: Buffer, text: Buffer] {
  const ivEnd = 1 + IV_BYTES;
  const tagEnd = ivEnd + TAG_BYTES;
  if (sealed[0] !== VERSION || sealed.length <= tagEnd) {
    throw new Error('This is no sealed secret.');
  }
  return [sealed.subarray(1, ivEnd), sealed.subarray(ivEnd, tagEnd), sealed.subarray(tagEnd)];
}
