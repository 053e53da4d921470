import { SampleProgram } from '../../../../test/support/sample-program.js';

/** The compiled application in a separate process. */
export class Program extends SampleProgram {
  constructor(env: Record<string, string>) {
    const folder = new URL('../..', import.meta.url);
    super({ folder, main: 'dist/main.js', announcement: /^Tenant keys +(\S+)\n/m }, env);
  }
}
