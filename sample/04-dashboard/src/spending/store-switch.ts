import type { SpendStore } from 'nestjs-openrouter';

/** A store of spend that can be made to fail, as one does whose database is away. */
export class StoreSwitch {
  isDown = false;

  readonly store: SpendStore;

  constructor(inner: SpendStore) {
    this.store = this.switchable(inner);
  }

  private switchable<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member === 'object' && member !== null) return this.switchable(member);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown =>
          this.isDown ? Promise.reject(new Error('The store is switched off.')) : member.apply(target, args);
      },
    });
  }
}
