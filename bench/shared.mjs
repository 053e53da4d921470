// Shared by the server, the clients and the runner. Kept light, because the measured processes load it as well.

export const BASE_PATH = '/api/v1';
export const PATH = `${BASE_PATH}/credits`;
export const ACTIVITY_PATH = `${BASE_PATH}/activity`;
export const CHAT_PATH = `${BASE_PATH}/chat/completions`;
/** The events of a stream, besides that of its usage. */
export const EVENTS = 500;
export const API_KEY = 'sk-or-v1-benchmark';

/** The body of the example in the API's documentation. */
export const ANSWER = { data: { total_credits: 100.5, total_usage: 25.75 } };

/** The package's default limits, for the clients that must be configured with them. */
export const TIMEOUT_MS = 10_000;
export const MAX_BYTES = 33_554_432;
export const MAX_SOCKETS = 50;

/** Opens a client, and checks that its calls succeed before they are measured. */
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

/** Formats a whole number with its digits in groups of three. */
export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Reports a result to the runner, and ends the process with any sockets that a client still keeps open. */
export function report(result) {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
