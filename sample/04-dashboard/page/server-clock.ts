/** The server's clock, which may differ from the one of this machine. */
export class ServerClock {
  private ahead = 0;

  set(now: number): void {
    this.ahead = now - Date.now();
  }

  now(): number {
    return Date.now() + this.ahead;
  }
}
