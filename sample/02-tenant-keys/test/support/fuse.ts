/** Stands for the end of a process: from one call on, nothing that is called has any effect. */
export class Fuse {
  blown = false;
  private calls = 0;

  /**
   * @param call - Which call is the last one, from 1.
   * @param when - Whether it ends before that call has had its effect, or after.
   */
  constructor(
    private readonly call = Infinity,
    private readonly when: 'before' | 'after' = 'before',
  ) {}

  /** The same object, each method of which goes through this fuse but the named ones, which change nothing. */
  guard<T extends object>(target: T, ...reads: (keyof T)[]): T {
    return new Proxy(target, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' && !reads.includes(name as keyof T)
          ? (...args: unknown[]) => this.pass(() => value.apply(target, args))
          : value;
      },
    });
  }

  private pass(effect: () => unknown): unknown {
    this.calls += 1;
    const isLast = this.calls === this.call;
    if (this.blown || (isLast && this.when === 'before')) {
      this.blow();
    }
    const result = effect();
    if (!isLast) return result;
    // The promise of a call that was sent: what is answered is never learnt.
    return result instanceof Promise ? result.then(() => this.blow()) : this.blow();
  }

  private blow(): never {
    this.blown = true;
    throw new Error('The process has ended.');
  }
}
