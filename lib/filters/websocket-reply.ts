const OPEN = 1;

interface NativeWebSocket {
  readonly readyState: number;
  send(data: string): void;
}

interface EventSocket {
  emit(event: string, payload: unknown): unknown;
}

/** A client of socket.io or of a plain WebSocket. */
export type WebSocketClient = Partial<NativeWebSocket & EventSocket>;

/** The message that has failed, in the form in which Nest's own filter sends it to the client. */
export interface FailedMessage {
  readonly pattern: unknown;
  readonly data: unknown;
}

type Payload = Readonly<Record<string, unknown>>;

/**
 * Sends an `exception` event if possible, and never throws: nothing would catch what a WebSocket filter throws. If the
 * failed message cannot be written as JSON, the part of it that can be is sent.
 */
export function emitException(
  client: WebSocketClient | undefined,
  payload: Payload,
  { pattern, data }: FailedMessage,
): void {
  const send = senderOf(client);
  const attempts: readonly (() => Payload)[] = [
    () => ({ ...payload, cause: { pattern, data } }),
    () => ({ ...payload, cause: { pattern, data: inJson(data) } }),
    () => ({ ...payload, cause: { pattern: inJson(pattern) } }),
    () => payload,
  ];
  for (const attempt of attempts) {
    try {
      send?.(attempt());
      return;
    } catch {
      // A client that refuses the last attempt too is gone.
    }
  }
}

function senderOf(client: WebSocketClient | undefined): ((payload: Payload) => void) | undefined {
  // A plain WebSocket also has `emit`, but that only calls its own listeners.
  if (typeof client?.readyState === 'number' && typeof client.send === 'function') {
    const { readyState, send } = client;
    return (payload) => {
      const text = JSON.stringify({ event: 'exception', data: payload });
      if (readyState === OPEN) send.call(client, text);
    };
  }
  return client?.emit && ((payload) => client.emit?.('exception', payload));
}

/** A copy that JSON can represent. A `bigint` becomes a string, since JSON numbers cannot hold it. */
function inJson(value: unknown): unknown {
  const text = JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? String(member) : member,
  ) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
}
