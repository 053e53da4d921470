import type { EventEmitter } from 'node:events';
import { withoutPollution } from '../options/pollution.js';

/**
 * Keeps pollution of `Object.prototype` from what Node does at each event of an emitter: it makes responses of settings
 * that inherit, and looks for listeners where some are inherited.
 */
export function shield(emitter: EventEmitter): void {
  if (!Object.hasOwn(emitter, 'emit')) {
    emitter.emit = emitShielded;
  }
}

function emitShielded(this: EventEmitter, ...event: [never]): boolean {
  return withoutPollution(() => (Object.getPrototypeOf(this) as EventEmitter).emit.apply(this, event));
}
