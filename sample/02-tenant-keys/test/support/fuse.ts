/** Simulates the end of a process: from one call on, calls have no effect. */
export class Fuse {
  blown = false;
  private calls = 0;

  /**
   * @param call - The number of the last call, from 1.
   * @param when - Whether the process ends before or after that call has its effect.
   */
  constructor(
    private readonly call = Infinity,
    private readonly when: 'before' | 'after' = 'before',
  ) {}

  /** Wraps an object so that its methods go through this fuse, except the named ones, which change nothing. */
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
    // The call was sent, but its answer never arrives.
    return result instanceof Promise ? result.then(() => this.blow()) : this.blow();
  }

  private blow(): never {
    this.blown = true;
    throw new Error('The process has ended.');
  }
}
