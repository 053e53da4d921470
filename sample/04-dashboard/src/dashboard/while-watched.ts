import { defer, type Observable, repeat, share, switchMap, timer } from 'rxjs';

/**
 * Repeats a reading while somebody watches, and emits after each. All watchers share the readings: a started one goes on if
 * all of them leave, and a reload of the page causes no earlier one.
 */
export function whileWatched(read: () => Promise<void>, intervalMs: number): Observable<void> {
  let readAt = -Infinity;
  let reading: Promise<void> | undefined;
  const readOnce = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
      readAt = Date.now();
    });
    return reading;
  };
  const whenDue = defer(() => timer(Math.max(0, readAt + intervalMs - Date.now())));
  return whenDue.pipe(switchMap(readOnce), repeat(), share());
}
