/** Whether a host name or address is a loopback one. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** Whether a `Host` header is a loopback name, with or without a port. */
export function isLoopbackHost(header: string | undefined): boolean {
  return header !== undefined && isLoopback(header.replace(/:\d{1,5}$/, ''));
}
