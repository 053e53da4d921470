import type { EventEmitter } from 'node:events';
import { withoutPollution } from '../options/pollution.js';

/**
 * Hides pollution of `Object.prototype` from the code that Node runs at each event of an emitter. That code reads
 * settings and listeners from objects that inherit from the prototype.
 */
export function shield(emitter: EventEmitter): void {
  if (!Object.hasOwn(emitter, 'emit')) {
    emitter.emit = emitShielded;
  }
}

function emitShielded(this: EventEmitter, ...event: [never]): boolean {
  return withoutPollution(() => (Object.getPrototypeOf(this) as EventEmitter).emit.apply(this, event));
}
