import { afterEach, describe, expect, it } from '@jest/globals';
import { failureOf } from '../../support/failures.js';
import { cleanUp, startServer, type TestServer } from '../../support/servers.js';
import { meteredFetch, post } from './support/metered.js';
import { RecordingDesk } from './support/recording-desk.js';

const EVENT = 'data: {"choices":[]}\n\n';

afterEach(cleanUp);

const startStream = (): Promise<TestServer> =>
  startServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(EVENT);
  });

/** An answer to a request that a signal ends. */
async function askStream(desk: RecordingDesk, signal: AbortSignal): Promise<Response> {
  const server = await startStream();
  return meteredFetch(server, desk)(`${server.baseUrl}/chat/completions`, { ...post(), signal });
}

describe('an answer that is aborted', () => {
  it('is over at once, even if nobody reads it', async () => {
    const desk = new RecordingDesk();
    const controller = new AbortController();
    const answer = await askStream(desk, controller.signal);
    controller.abort();
    expect(desk.completions).toMatchObject([{ outcome: 'aborted' }]);
    expect(await failureOf(answer.text())).toMatchObject({ name: 'AbortError' });
  });

  it('is over at once between two reads, and the next read fails as without the meter', async () => {
    const desk = new RecordingDesk();
    const controller = new AbortController();
    const reader = (await askStream(desk, controller.signal)).body!.getReader();
    await reader.read();
    controller.abort();
    expect(desk.completions).toMatchObject([{ outcome: 'aborted' }]);
    expect(await failureOf(reader.read())).toMatchObject({ name: 'AbortError' });
  });

  it('fails a read that is pending', async () => {
    const desk = new RecordingDesk();
    const controller = new AbortController();
    const reader = (await askStream(desk, controller.signal)).body!.getReader();
    await reader.read();
    const reading = failureOf(reader.read());
    controller.abort();
    expect(await reading).toMatchObject({ name: 'AbortError' });
    expect(desk.completions[0]!.calls.filter((call) => call === 'ended')).toHaveLength(1);
  });
});
