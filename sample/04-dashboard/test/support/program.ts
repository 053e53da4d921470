import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, SampleProgram } from '../../../../test/support/sample-program.js';

export type { Command };

/** See `create-database.mjs`. */
const DATABASES = fileURLToPath(new URL('../../dist/test-databases', import.meta.url));

/** The compiled application in a separate process. */
export class Program extends SampleProgram {
  /** @param env - Its variables. Without a `DATA_FOLDER`, it has one of its own until it ends. */
  constructor(env: Record<string, string> = {}, command?: Command) {
    const folder = new URL('../..', import.meta.url);
    const DATA_FOLDER = env['DATA_FOLDER'] ?? `${DATABASES}/${randomUUID()}`;
    if (!existsSync(`${DATA_FOLDER}/postgres`)) cpSync(`${DATABASES}/new`, DATA_FOLDER, { recursive: true });
    // Matches the last line of the usage, so that all of it is there.
    super(
      { folder, main: 'dist/src/main.js', announcement: /^Dashboard +(\S+)$[^]*^Try:\n[^]*curl .*\n$/m },
      { ...env, DATA_FOLDER },
      command,
    );
    if (env['DATA_FOLDER'] === undefined) {
      void this.exit.then(() => rmSync(DATA_FOLDER, { recursive: true, force: true }));
    }
  }
}
