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

  hasAccess({ authorization = '', cookie = '', host }: IncomingHttpHeaders): boolean {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (bearer !== undefined) return this.isToken(bearer);
    return cookie.split(/; */).some((pair) => {
      const [name, value = ''] = pair.split('=', 2);
      return name === cookieNameFor(host) && isSame(value, this.cookie);
    });
  }

  /** A browser that came over https is to send the cookie over nothing else. */
  cookieHeader({ host, 'x-forwarded-proto': protocol }: IncomingHttpHeaders): string {
    const secure = protocol === 'https' ? '; Secure' : '';
    return `${cookieNameFor(host)}=${this.cookie}; Path=/; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** Browsers keep the cookies of all ports of a host together, and this one would overwrite another dashboard's. */
function cookieNameFor(host = ''): string {
  const [, port] = /:(\d{1,5})$/.exec(host) ?? [];
  return port === undefined ? COOKIE : `${COOKIE}_${port}`;
}

/** In the same time wherever they differ, and whatever their lengths. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
