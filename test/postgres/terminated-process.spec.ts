import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { TERMINATIONS, terminatedAmidStreams } from '../support/terminated-process.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Programs take their time to start on a busy machine.
jest.setTimeout(90_000);

(HAS_POSTGRES ? describe : describe.skip)(
  'SIGTERM in the middle of streams, with limits on PostgreSQL',
  () => {
    let server: PostgresServer;

    beforeAll(async () => {
      server = await PostgresServer.start();
    });

    afterAll(() => server.stop());

    it.each(TERMINATIONS)('%s, and each bill is booked', (_what, times) => {
      const place = { url: server.url };
      return terminatedAmidStreams({ programs: 'test/postgres/support', place }, times);
    });
  },
);
