import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process of the application, which carries out orders. */
export class Replica {
  private readonly child: ChildProcess;
  private lastId = 0;

  /**
   * @param program - Announces itself by a message, and answers each order `{ id, name }` with `{ id, result }`.
   * @param shiftMs - By how much its clock is ahead.
   */
  constructor(program: string, settings: object, shiftMs = 0) {
    this.child = fork(program, [JSON.stringify(settings)], {
      execArgv: shiftMs === 0 ? [] : ['--import', './test/support/shifted-clock.mjs'],
      env: { ...process.env, CLOCK_SHIFT_MS: String(shiftMs) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  async ready(): Promise<void> {
    await once(this.child, 'message');
  }

  tell<T>(name: string, order: object = {}): Promise<T> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const listener = (message: { id: number; result?: unknown; error?: string }): void => {
        if (message.id !== id) return;
        this.child.off('message', listener);
        if (message.error === undefined) resolve(message.result as T);
        else reject(new Error(message.error));
      };
      this.child.on('message', listener);
      this.child.send({ id, name, ...order });
    });
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
  }

  /** Asks it to end, as an orchestrator does. @returns the signal that has ended it, `null` if it has ended itself. */
  async terminate(): Promise<NodeJS.Signals | null> {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
    return this.child.signalCode;
  }

  async end(): Promise<void> {
    if (this.child.connected) {
      this.child.send({ id: -1, name: 'end' });
      await once(this.child, 'exit');
    }
  }
}
