import { logWarning } from '../../untrusted/log-warning.js';

/** Logs each sentence once. */
export class WarnOnce {
  readonly #subject: string;
  readonly #said = new Set<string>();

  /** @param subject - With which each line begins. */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /** Its sentences must be few: each is kept. */
  say(sentence: string): void {
    if (!this.#said.has(sentence)) {
      this.#said.add(sentence);
      logWarning(`${this.#subject}: ${sentence}`);
    }
  }
}
