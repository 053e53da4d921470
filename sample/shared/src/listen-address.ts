import type { INestApplication } from '@nestjs/common';
import { readVariable } from './environment.js';
import { StartError } from './start-error.js';

/** Where the application listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
}

const MAX_PORT = 65_535;

/** Reads `HOST` and `PORT`. The samples have no login, so by default they listen only to this machine. */
export function readListenAddress(): ListenAddress {
  const port = readVariable('PORT') ?? '3000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > MAX_PORT) {
    throw new StartError(`PORT=${port} is not a port. Choose one from 0 to ${MAX_PORT}: PORT=3000 npm start`);
  }
  const host = readVariable('HOST') ?? '127.0.0.1';
  // In a URL, an IPv6 address has brackets: `[::1]`.
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** Starts to listen, and prints the log of the start, which {@link createApp} holds back. */
export async function listen(app: INestApplication, address: ListenAddress): Promise<void> {
  try {
    await app.listen(address.port, address.host);
  } catch (error) {
    const advice = adviceOn(error, address);
    throw advice === undefined ? error : new StartError(advice);
  }
  app.flushLogs();
}

/** What to do about an address that cannot be used. */
function adviceOn(error: unknown, { host, port }: ListenAddress): string | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken. Choose another one: PORT=${otherPort(port)} npm start`;
    case 'EACCES':
      return `Port ${port} of ${host} needs more rights. Choose another one: PORT=${otherPort(port)} npm start`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is not an address of this machine. Choose one that is: HOST=127.0.0.1 npm start`;
    default:
      return undefined;
  }
}

function otherPort(port: number): number {
  return port >= 1024 && port < MAX_PORT ? port + 1 : 3001;
}
