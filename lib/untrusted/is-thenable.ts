import { isRecord } from './is-record.js';

/** Whether `await` would wait for a value: a promise of any realm, or an object that behaves as one. */
export function isThenable(value: unknown): boolean {
  return isRecord(value) && typeof value['then'] === 'function';
}
