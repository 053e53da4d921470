/** What a process under spend limits does, as others see it: calls of the store, requests, and parts of answers. */
export type Step =
  | 'reserve'
  | 'send'
  | 'headers'
  | 'attach'
  | 'extend'
  | 'chunk'
  | 'commit'
  | 'release'
  | 'giveUp'
  | 'look-up';

/** Before a step has an effect, or once it has one of which the process knows nothing. */
export type Moment = 'before' | 'after';

/** Every point at which a process can be killed. The answer to `send` begins with `headers`, whose own end is `attach`. */
export const KILL_POINTS: readonly (readonly [Step, Moment])[] = [
  ['reserve', 'before'],
  ['reserve', 'after'],
  ['send', 'before'],
  ['headers', 'before'],
  ['attach', 'before'],
  ['attach', 'after'],
  ['extend', 'before'],
  ['extend', 'after'],
  ['chunk', 'before'],
  ['chunk', 'after'],
  ['commit', 'before'],
  ['commit', 'after'],
  ['release', 'before'],
  ['release', 'after'],
  ['giveUp', 'before'],
  ['giveUp', 'after'],
  ['look-up', 'before'],
  ['look-up', 'after'],
];

/** Kills a process the nth time that it comes to a point. From then on nothing passes from it or to it. */
export class KillPoint {
  private count = 0;
  isReached = false;

  constructor(
    readonly step: Step | undefined,
    readonly moment: Moment,
    readonly nth: number,
    private readonly kill: () => void,
  ) {}

  /** Whether the process lives on. */
  passes(step: Step, moment: Moment): boolean {
    if (!this.isReached && step === this.step && moment === this.moment) {
      this.count += 1;
      if (this.count === this.nth) {
        this.isReached = true;
        this.kill();
      }
    }
    return !this.isReached;
  }

  toString(): string {
    return this.step === undefined ? 'not killed' : `${this.moment} ${this.step} ${this.nth}`;
  }
}
