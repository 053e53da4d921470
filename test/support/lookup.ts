import type { LookupAddress } from 'axios';

type Callback = (error: Error | null, address: LookupAddress | LookupAddress[], family?: 4) => void;

/** An error as the resolver of names raises it. */
export function lookupError(code: string, host = 'api.test'): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code, syscall: 'getaddrinfo' });
}

/**
 * A `lookup` that gives IPv4 addresses or an error, and counts how often it was asked.
 *
 * @param when - How it calls back: at once, or later as Node's own does.
 */
export function lookingUp(
  answer: (asked: number) => readonly string[] | Error,
  when: 'at once' | 'later' = 'later',
): {
  lookup: (host: string, options: object, callback: Callback) => void;
  asked: () => number;
} {
  let asked = 0;
  return {
    asked: () => asked,
    lookup: (_host, options, callback) => {
      asked += 1;
      const found = answer(asked);
      const give = (): void => {
        if (found instanceof Error) callback(found, []);
        else if ('all' in options && options.all === true) callback(null, [...found]);
        else callback(null, found[0]!, 4);
      };
      if (when === 'at once') give();
      else setImmediate(give);
    },
  };
}
