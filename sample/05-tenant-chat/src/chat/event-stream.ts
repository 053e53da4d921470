import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { ChatEvents } from '../../shared/chat.js';

/** One event of an answer. */
export type ChatEvent = {
  readonly [Type in keyof ChatEvents]: { readonly type: Type; readonly data: ChatEvents[Type] };
}[keyof ChatEvents];

/** An answer of server-sent events, which Nest sends as they come, no faster than they are read. */
export function eventStream(events: AsyncIterable<ChatEvent>): StreamableFile {
  return new StreamableFile(Readable.from(textOf(events)), { type: 'text/event-stream' });
}

async function* textOf(events: AsyncIterable<ChatEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) yield `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
