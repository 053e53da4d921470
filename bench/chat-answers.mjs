// What the benchmark's server answers to completions: a small answer, and a stream in which each event is sent by itself.
import { EVENTS } from './shared.mjs';

const ID = 'gen-1730000000-benchmark';
const HEAD = { id: ID, provider: 'OpenAI', model: 'openai/gpt-5-mini', created: 1_730_000_000 };
const USAGE = {
  prompt_tokens: 40,
  completion_tokens: EVENTS,
  total_tokens: 40 + EVENTS,
  cost: 0.00123,
  is_byok: false,
};
const NO_FINISH = { finish_reason: null, native_finish_reason: null, logprobs: null };

const events = [
  ...Array.from({ length: EVENTS }, (_, index) => ({
    ...HEAD,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { role: 'assistant', content: ` word${index}` }, ...NO_FINISH }],
  })),
  { ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE },
].map((event) => `data: ${JSON.stringify(event)}\n\n`);
events.push('data: [DONE]\n\n');

export const chatAnswer = {
  headers: { 'content-type': 'application/json', 'x-generation-id': ID },
  body: JSON.stringify({
    ...HEAD,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hello. '.repeat(50) }, finish_reason: 'stop' },
    ],
    usage: USAGE,
  }),
};

export function sendChatStream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-generation-id': ID });
  let sent = 0;
  const sendNext = () => {
    if (sent === events.length) {
      response.end();
    } else {
      response.write(events[sent]);
      sent += 1;
      setImmediate(sendNext);
    }
  };
  sendNext();
}
