const WORDS = ['Hello', ' from', ' the', ' sandbox', '.'];

/** The text chunks of the usual answer. A longer answer says it again. */
export function textChunk(index: number): string {
  const word = WORDS[index % WORDS.length] ?? '';
  return index > 0 && index % WORDS.length === 0 ? ` ${word}` : word;
}

export function textOf(chunks: number): string {
  return Array.from({ length: chunks }, (_, index) => textChunk(index)).join('');
}
