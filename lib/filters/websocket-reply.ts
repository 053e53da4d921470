const OPEN = 1;

interface NativeWebSocket {
  readonly readyState: number;
  send(data: string): void;
}

interface EventSocket {
  emit(event: string, payload: unknown): unknown;
}

/** Sends an `exception` event to a client of socket.io or of a plain WebSocket. */
export function emitException(client: Partial<NativeWebSocket & EventSocket>, payload: unknown): void {
  if (isNativeWebSocket(client)) {
    if (client.readyState === OPEN) client.send(JSON.stringify({ event: 'exception', data: payload }));
    return;
  }
  client.emit?.('exception', payload);
}

function isNativeWebSocket(client: Partial<NativeWebSocket>): client is NativeWebSocket {
  // A plain WebSocket has `emit` as well, which reaches no further than its own listeners.
  return typeof client.readyState === 'number' && typeof client.send === 'function';
}
