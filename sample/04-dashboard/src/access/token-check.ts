import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const COOKIE = 'dashboard_access';

/** Recognises requests with the token, or with the cookie that was set for it. */
export class TokenCheck {
  private readonly token: string;
  private readonly cookie: string;

  constructor(token: string) {
    this.token = token;
    // A hash, so that the cookie does not reveal the token.
    this.cookie = createHmac('sha256', token).update(COOKIE).digest('base64url');
  }

  isToken(value: string): boolean {
    return isSame(value, this.token);
  }

  hasAccess({ authorization = '', cookie = '', host }: IncomingHttpHeaders): boolean {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (bearer !== undefined) return this.isToken(bearer);
    return cookie.split(/; */).some((pair) => {
      const [name, value = ''] = pair.split('=', 2);
      return name === cookieNameFor(host) && isSame(value, this.cookie);
    });
  }

  /** If the browser uses https, it may send the cookie only over https. */
  cookieHeader({ host, 'x-forwarded-proto': protocol }: IncomingHttpHeaders): string {
    const secure = protocol === 'https' ? '; Secure' : '';
    return `${cookieNameFor(host)}=${this.cookie}; Path=/; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** Contains the port, because browsers share cookies between the ports of a host: dashboards would overwrite each other. */
function cookieNameFor(host = ''): string {
  const [, port] = /:(\d{1,5})$/.exec(host) ?? [];
  return port === undefined ? COOKIE : `${COOKIE}_${port}`;
}

/** Compares in constant time, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  const hash = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(hash(one), hash(other));
}
