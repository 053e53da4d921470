import { Logger } from '@nestjs/common';

/** Logs each sentence once. */
export class WarnOnce {
  readonly #subject: string;
  readonly #logger = new Logger('OpenRouter');
  readonly #said = new Set<string>();

  /** @param subject - With which each line begins. */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /** Its sentences must be few: each is kept. */
  say(sentence: string): void {
    if (!this.#said.has(sentence)) {
      this.#said.add(sentence);
      this.#logger.warn(`${this.#subject}: ${sentence}`);
    }
  }
}
