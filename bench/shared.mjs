// What the server, the clients and the runner agree on. Light, since the measured processes load it as well.

export const BASE_PATH = '/api/v1';
export const PATH = `${BASE_PATH}/credits`;
export const ACTIVITY_PATH = `${BASE_PATH}/activity`;
export const API_KEY = 'sk-or-v1-benchmark';

/** The body of the API's own example. */
export const ANSWER = { data: { total_credits: 100.5, total_usage: 25.75 } };

/** Limits that the package has by default, for the clients that have to be told. */
export const TIMEOUT_MS = 10_000;
export const MAX_BYTES = 33_554_432;
export const MAX_SOCKETS = 50;

/** Opens a client, and makes sure that what is about to be measured is a success. */
export async function openClient(name, baseUrl) {
  const { open } = await import(new globalThis.URL(`./clients/${name}.mjs`, import.meta.url));
  const client = await open(baseUrl);
  const total = client.totalCredits(await client.call());
  if (total !== ANSWER.data.total_credits) {
    throw new Error(`${name}: read ${total} instead of ${ANSWER.data.total_credits}`);
  }
  return client;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A whole number, its digits in groups of three. */
export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Tells the runner what was measured, and ends whatever sockets a client would still keep open. */
export function report(result) {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
