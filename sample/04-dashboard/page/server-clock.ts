/** The clock of the server, which may differ from the clock of the browser. */
export class ServerClock {
  private ahead = 0;

  set(now: number): void {
    this.ahead = now - Date.now();
  }

  now(): number {
    return Date.now() + this.ahead;
  }
}
