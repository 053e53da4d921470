import { afterEach, describe, expect, it } from '@jest/globals';
import { SampleProgram } from '../../../test/support/sample-program.js';
import { findPostgres } from '../replicas/local-postgres.js';

/** With `POSTGRES_REQUIRED=1`, a missing PostgreSQL fails the test instead of skipping it. */
const hasPostgres = process.env['POSTGRES_REQUIRED'] === '1' || findPostgres() !== undefined;

(hasPostgres ? describe : describe.skip)('two replicas on a PostgreSQL', () => {
  let program: SampleProgram | undefined;

  afterEach(async () => {
    await program?.kill();
  });

  it('together let through what fits under a limit, book what OpenRouter bills, and end on Ctrl-C', async () => {
    program = new SampleProgram({
      folder: new URL('..', import.meta.url),
      main: 'dist/replicas/main.js',
      announcement: /^Replica 2 +(\S+)$[^]*^Press Ctrl-C to end\.\n/m,
    });
    const second = await program.url();
    const [, answered, refused] = /2 replicas: (\d+) answered, (\d+) refused\.$/m
      .exec(program.stdout)!
      .map(Number);
    expect(answered! + refused!).toBe(40);
    // Seven reservations of $0.07 fit into $0.50, and eight answers of $0.061234567.
    expect([7, 8]).toContain(answered);
    const usd = (61_234_567 * answered!) / 1e9;
    expect(program.stdout).toContain(
      `Of the limit of $0.5 a day, $${usd} is spent. OpenRouter has billed $${usd}.\n`,
    );
    expect((await fetch(second)).status).toBe(200);
    expect(program.output).not.toMatch(/sk-or-/);
    await expect(program.end('SIGINT')).resolves.toEqual({ code: 0, signal: null });
  }, 90_000);
});
