import { PassingStream } from './passing-stream.js';

/** A stream for an answer that is yet to come. To make one takes long, so it is made once the request was written. */
export class PreparedStream {
  #stream: PassingStream | undefined;
  readonly #timer = setImmediate(() => {
    this.#stream = new PassingStream();
  });

  take(): PassingStream | undefined {
    clearImmediate(this.#timer);
    return this.#stream;
  }
}
