/** What completions of the demo cost. The same is held for them, so that what fits under a limit is known exactly. */
export const COMPLETION_USD = 0.02;
export const STREAM_USD = 0.03;

/** The text chunks of a stream. One that is left is billed by the share of those that were sent. */
export const STREAM_CHUNKS = 12;
