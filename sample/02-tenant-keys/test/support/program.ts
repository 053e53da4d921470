import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built application as a process of its own. */
export class Program {
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;

  private readonly child: ChildProcess;

  /** @param env - Variables over those of this process, of which no setting of the application is passed on. */
  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, ['dist/main.js'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...withoutSettings(process.env), PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // 'close' comes after the last output, unlike 'exit'.
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** The URL that the program has printed, once it listens. */
  async url(): Promise<string> {
    for (;;) {
      const url = /^Tenant keys +(\S+)\n/m.exec(this.stdout)?.[1];
      if (url !== undefined) {
        return url;
      }
      await this.more();
    }
  }

  /** Ends it; SIGKILL leaves it no time to do anything about that. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exit;
  }

  private more(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.stdout?.once('data', () => resolve());
      this.child.once('close', () => reject(new Error(`The program has ended:\n${this.output}`)));
    });
  }
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(HOST|PORT|OPENROUTER_.*|TENANTS_.*)$/.test(name)),
  );
}
