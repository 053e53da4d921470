// The API as every client of the benchmark meets it: one route, one small answer, connections kept alive. It runs in a
// process of its own, so that none of its work is counted as a client's, and ends with the runner.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import { ANSWER, PATH } from './shared.mjs';

const body = Buffer.from(JSON.stringify(ANSWER));
const headers = { 'content-type': 'application/json', 'content-length': body.length };

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const isCredits = request.method === 'GET' && request.url === PATH;
  if (isCredits && request.headers.authorization?.startsWith('Bearer ') === true) {
    response.writeHead(200, headers).end(body);
  } else {
    response.writeHead(404).end();
  }
});

server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
