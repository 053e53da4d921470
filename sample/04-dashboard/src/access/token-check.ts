import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const COOKIE = 'dashboard_access';

/** Recognises those who have the token, or the cookie that they got for it. */
export class TokenCheck {
  private readonly token: string;
  private readonly cookie: string;

  constructor(token: string) {
    this.token = token;
    // Who reads a cookie does not know the token.
    this.cookie = createHmac('sha256', token).update(COOKIE).digest('base64url');
  }

  isToken(text: string): boolean {
    return isSame(text, this.token);
  }

  hasAccess({ authorization = '', cookie = '' }: IncomingHttpHeaders): boolean {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (bearer !== undefined) return this.isToken(bearer);
    return cookie.split(/; */).some((pair) => {
      const [name, value = ''] = pair.split('=', 2);
      return name === COOKIE && isSame(value, this.cookie);
    });
  }

  /** @param isSecure - Whether the browser came over https, and is to send the cookie over nothing else. */
  cookieHeader(isSecure: boolean): string {
    return `${COOKIE}=${this.cookie}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }
}

/** In the same time wherever they differ, and whatever their lengths. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
