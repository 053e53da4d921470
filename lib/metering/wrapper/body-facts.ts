import { isRecord, ownMember } from '../../untrusted/is-record.js';
import { tryParseJson } from '../../untrusted/json.js';

/** What the body of a request says of the completion. Nothing of its prompt. */
export interface BodyFacts {
  readonly model: string | undefined;
  readonly maxTokens: number | undefined;
  readonly isStream: boolean;
}

export const NO_BODY_FACTS: BodyFacts = Object.freeze({
  model: undefined,
  maxTokens: undefined,
  isStream: false,
});

const MAX_MODEL_LENGTH = 200;

/** Reads a body of JSON. Anything else, such as a form or a stream, is left alone. */
export function bodyFacts(body: unknown): BodyFacts {
  try {
    return factsIn(textOf(body));
  } catch {
    // Such a body `fetch` refuses in its own words.
    return NO_BODY_FACTS;
  }
}

function factsIn(text: string | undefined): BodyFacts {
  const value = text === undefined ? undefined : tryParseJson(text);
  if (!isRecord(value)) {
    return NO_BODY_FACTS;
  }
  const model = ownMember(value, 'model');
  const maxTokens = ['max_completion_tokens', 'max_output_tokens', 'max_tokens']
    .map((name) => ownMember(value, name))
    .find((member): member is number => typeof member === 'number' && member >= 0);
  return {
    model: typeof model === 'string' && model.length <= MAX_MODEL_LENGTH ? model : undefined,
    maxTokens,
    isStream: ownMember(value, 'stream') === true,
  };
}

function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') {
    return body;
  }
  const isBytes = ArrayBuffer.isView(body) || Object.prototype.toString.call(body) === '[object ArrayBuffer]';
  return isBytes ? new TextDecoder().decode(body as ArrayBuffer) : undefined;
}
