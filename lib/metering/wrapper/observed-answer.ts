import type { PassingBody } from './passing-body.js';
import { PassingStream } from './passing-stream.js';

/** An answer with a body. */
export type AnswerWithBody = Response & { readonly body: ReadableStream<Uint8Array> };

/** The methods that read a body as a whole. `bytes` came with Node 22. */
const WHOLE = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;
type Whole = (typeof WHOLE)[number];

/**
 * Has the bodies of answers pass by the meter. An answer stays the object that `fetch` has made, with its `url`, its
 * `type` and its headers; only its ways to the body are replaced, by a prototype between the answer and its own.
 */
export class AnswerObserver {
  readonly #observed = new WeakMap<object, ObservedAnswer>();
  /** By the prototype that the answer had: undici's copies have one each. */
  readonly #prototypes = new WeakMap<object, object>();

  /** @param stream - What the client may get as its body; a new one, if it is left out. */
  observe(answer: AnswerWithBody, passing: PassingBody, stream?: PassingStream): void {
    const original = Object.getPrototypeOf(answer) as Response;
    this.#observed.set(answer, new ObservedAnswer(answer, original, passing, stream));
    Object.setPrototypeOf(answer, this.#prototypeAbove(original));
  }

  #prototypeAbove(original: Response): object {
    let prototype = this.#prototypes.get(original);
    if (prototype === undefined) {
      prototype = this.#derived(original);
      this.#prototypes.set(original, prototype);
    }
    return prototype;
  }

  #derived(original: Response): object {
    const observed = this.#observed;
    const own = (answer: object): ObservedAnswer => {
      const state = observed.get(answer);
      if (state === undefined) {
        throw new TypeError('Illegal invocation');
      }
      return state;
    };
    const properties: PropertyDescriptorMap = {
      body: getter(function (this: object) {
        return own(this).body;
      }),
      bodyUsed: getter(function (this: object) {
        return own(this).isBodyUsed;
      }),
      clone: method(function (this: object) {
        return own(this).clone();
      }),
    };
    for (const name of WHOLE.filter((whole) => whole in original)) {
      properties[name] = method(async function (this: object) {
        return own(this).read(name);
      });
    }
    return Object.create(original, properties) as object;
  }
}

class ObservedAnswer {
  readonly #answer: AnswerWithBody;
  readonly #original: Response;
  readonly #inner: ReadableStream<Uint8Array>;
  readonly #passing: PassingBody;
  readonly #prepared: PassingStream | undefined;
  /** The body as the client gets it, once it does not read it as a whole. */
  #stream: PassingStream | undefined;
  /** The same answer around that stream, once the client reads that as a whole or clones it. */
  #outer: Response | undefined;
  /** Whether the client reads the body as a whole. */
  #isWhole = false;

  /** @param original - The prototype of the answer. */
  constructor(
    answer: AnswerWithBody,
    original: Response,
    passing: PassingBody,
    prepared: PassingStream | undefined,
  ) {
    this.#answer = answer;
    this.#original = original;
    this.#inner = answer.body;
    this.#passing = passing;
    this.#prepared = prepared;
  }

  get body(): ReadableStream | null {
    return this.#isWhole ? this.#inner : (this.#outer?.body ?? this.#passed);
  }

  get isBodyUsed(): boolean {
    return this.#isWhole || (this.#outer?.bodyUsed ?? this.#stream?.isUsed ?? false);
  }

  clone(): Response {
    const answer = this.#answer;
    return this.#isReadOtherwise
      ? this.#original.clone.call(answer)
      : resembling(this.#passedAnswer.clone(), answer);
  }

  read(name: Whole): Promise<unknown> {
    // Most answers of JSON are read so. To make a stream for one costs more than to read it.
    if (this.#stream === undefined && (name === 'json' || name === 'text') && this.#passing.canBeWhole) {
      const isFirst = !this.#isWhole;
      this.#isWhole = true;
      const reading = this.#read(this.#original, name, this.#answer);
      return isFirst ? this.#passing.readWhole(name, reading) : reading;
    }
    return this.#isReadOtherwise
      ? this.#read(this.#original, name, this.#answer)
      : this.#read(this.#passedAnswer, name, this.#passedAnswer);
  }

  #read(methods: Response, name: Whole, answer: Response): Promise<unknown> {
    return (Reflect.get(methods, name, answer) as () => Promise<unknown>).call(answer);
  }

  /** Whether the body is read by other means, so that `fetch` refuses to read it again, in its own words. */
  get #isReadOtherwise(): boolean {
    if (this.#outer === undefined && (this.#stream?.isUsed === true || this.#stream?.locked === true)) {
      this.#stream.lockInner();
      return true;
    }
    return this.#isWhole;
  }

  get #passed(): PassingStream {
    this.#stream ??= (this.#prepared ?? new PassingStream()).connect(
      this.#answer,
      this.#inner,
      this.#passing,
    );
    return this.#stream;
  }

  get #passedAnswer(): Response {
    const { status, statusText, headers } = this.#answer;
    this.#outer ??= new Response(this.#passed, { status, statusText, headers });
    return this.#outer;
  }
}

/** Gives a clone what the constructor does not take, and its own clones as well. */
function resembling(clone: Response, original: Pick<Response, 'url' | 'redirected' | 'type'>): Response {
  const { url, redirected, type } = original;
  const cloneAgain = clone.clone.bind(clone);
  return Object.defineProperties(clone, {
    url: { value: url, configurable: true },
    redirected: { value: redirected, configurable: true },
    type: { value: type, configurable: true },
    clone: method(() => resembling(cloneAgain(), { url, redirected, type })),
  });
}

function getter(get: (this: object) => unknown): PropertyDescriptor {
  return { get, configurable: true };
}

function method(value: (this: object) => unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true };
}
