import type { LookupFunction } from 'node:net';
import type { LookupAddress } from 'node:dns';
import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { isObject } from '../untrusted/peek.js';

type AxiosLookup = NonNullable<OpenRouterAxiosOptions['lookup']>;

/**
 * Adapts a lookup function in the style of axios to Node. Such a function may return a promise instead of calling back,
 * leave out the family of an address, and give one address although Node asks for all.
 */
export function nodeLookup(lookup: AxiosLookup): LookupFunction {
  return (hostname, options, callback) => {
    let isSettled = false;
    const settle = (error: Error | null, found?: unknown, family?: unknown): void => {
      if (isSettled) {
        return;
      }
      isSettled = true;
      const addresses = error ?? addressesIn(found, family);
      if (addresses instanceof Error) {
        callback(addresses, []);
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      }
    };
    const promised: unknown = lookup(hostname, options, settle);
    if (promised instanceof Promise) {
      promised.then(
        // An async function may also call back, and then its promise resolves to nothing.
        (found: unknown) => {
          if (found !== undefined) {
            settle(null, ...((Array.isArray(found) ? found : [found]) as [unknown, unknown]));
          }
        },
        settle,
      );
    }
  };
}

function addressesIn(found: unknown, family: unknown): LookupAddress[] | Error {
  const entries: unknown[] = Array.isArray(found)
    ? found.map((entry: unknown) => entry)
    : [isObject(found) ? found : { address: found, family }];
  const addresses = entries.map(addressIn);
  return addresses.length > 0 && addresses.every((address) => address !== undefined)
    ? addresses
    : new Error('the `lookup` of the options gave no address');
}

function addressIn(entry: unknown): LookupAddress | undefined {
  const { address, family } = (isObject(entry) ? entry : { address: entry }) as Partial<
    Record<keyof LookupAddress, unknown>
  >;
  if (typeof address !== 'string') {
    return undefined;
  }
  return {
    address,
    family: typeof family === 'number' && family !== 0 ? family : address.includes('.') ? 4 : 6,
  };
}
