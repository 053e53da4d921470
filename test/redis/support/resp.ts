/** A value of the protocol of Redis, and where it ends. */
export interface RespValue {
  readonly value: unknown;
  readonly end: number;
}

/** Reads the value that begins at an offset; `undefined` if it has not arrived as a whole. */
export function readResp(bytes: Buffer, offset: number): RespValue | undefined {
  const lineEnd = bytes.indexOf('\r\n', offset);
  if (lineEnd === -1) return undefined;
  const kind = String.fromCharCode(bytes[offset]!);
  const line = bytes.toString('latin1', offset + 1, lineEnd);
  const start = lineEnd + 2;
  switch (kind) {
    case '*':
    case '~':
    case '>':
      return readList(bytes, start, Number(line));
    case '%':
      return readList(bytes, start, 2 * Number(line));
    case '$':
    case '=':
    case '!': {
      const length = Number(line);
      if (length === -1) return { value: null, end: start };
      const end = start + length;
      return bytes.length < end + 2 ? undefined : { value: bytes.toString('utf8', start, end), end: end + 2 };
    }
    case ':':
      return { value: Number(line), end: start };
    case '-':
      return { value: new Error(line), end: start };
    default:
      return { value: line, end: start };
  }
}

function readList(bytes: Buffer, start: number, length: number): RespValue | undefined {
  const list: unknown[] = [];
  let end = start;
  for (let index = 0; index < length; index += 1) {
    const item = readResp(bytes, end);
    if (item === undefined) return undefined;
    list.push(item.value);
    end = item.end;
  }
  return { value: list, end };
}
