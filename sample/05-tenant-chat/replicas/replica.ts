import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { StartError } from 'sample-shared';
import type { Usage } from '../shared/chat.js';

const UNAVAILABLE = 503;

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** The application in a process of its own. */
export class Replica {
  private constructor(
    readonly url: string,
    private readonly program: ChildProcess,
  ) {}

  static async start(env: Readonly<Record<string, string>>): Promise<Replica> {
    const program = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new Replica(await announcedUrl(program), program);
  }

  /** Asks a question, and waits for the whole answer. */
  async ask(person: string): Promise<number> {
    const status = await this.askOnce(person);
    // The database did not answer in time, which says nothing about the limit.
    return status === UNAVAILABLE ? this.ask(person) : status;
  }

  private async askOnce(person: string): Promise<number> {
    const response = await fetch(`${this.url}/api/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }] }),
    });
    await response.text();
    return response.status;
  }

  async usage(person: string): Promise<Usage> {
    const headers = { authorization: `Bearer ${person}` };
    return (await (await fetch(`${this.url}/api/usage`, { headers })).json()) as Usage;
  }

  async stop(): Promise<void> {
    if (this.program.exitCode !== null || this.program.signalCode !== null) return;
    this.program.kill('SIGTERM');
    await once(this.program, 'exit');
  }
}

function announcedUrl(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    program.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /^Chat +(\S+)$/m.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    program.once('exit', () => {
      reject(new StartError(`A replica has ended:\n${output}`));
    });
  });
}
