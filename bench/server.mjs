// The API for every client of the benchmark: one small answer, one large one, connections kept alive. It runs in its own
// process, so that its work is not counted as a client's, and ends with the runner.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { activityAnswer } from './activity-rows.mjs';
import { chatAnswer, sendChatStream } from './chat-answers.mjs';
import { ACTIVITY_PATH, ANSWER, CHAT_PATH, PATH } from './shared.mjs';

const answers = new Map(
  Object.entries({ [PATH]: ANSWER, [ACTIVITY_PATH]: activityAnswer() }).map(([path, answer]) => {
    const body = Buffer.from(JSON.stringify(answer));
    return [path, { body, headers: { 'content-type': 'application/json', 'content-length': body.length } }];
  }),
);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.method === 'POST' && request.url === CHAT_PATH) {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part));
    request.on('end', () =>
      JSON.parse(text).stream === true
        ? sendChatStream(response)
        : response.writeHead(200, chatAnswer.headers).end(chatAnswer.body),
    );
    return;
  }
  const answer = request.method === 'GET' ? answers.get(request.url) : undefined;
  if (answer !== undefined && request.headers.authorization?.startsWith('Bearer ') === true) {
    response.writeHead(200, answer.headers).end(answer.body);
  } else {
    response.writeHead(404).end();
  }
});

server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
