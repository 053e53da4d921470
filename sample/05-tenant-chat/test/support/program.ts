import { type Command, SampleProgram } from '../../../../test/support/sample-program.js';

export type { Command };

/** The compiled application in a separate process. */
export class Program extends SampleProgram {
  constructor(env?: Record<string, string>, command?: Command) {
    const folder = new URL('../..', import.meta.url);
    // Matches the last line of the usage, so that all of it is there.
    super(
      { folder, main: 'dist/src/main.js', announcement: /^Chat +(\S+)$[^]*Bearer zoe'\n/m },
      env,
      command,
    );
  }
}
