import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Command = readonly [file: string, ...args: string[]];

/** The built application as a process of its own. */
export class Program {
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;

  private readonly child: ChildProcess;

  /**
   * @param env - Variables over those of this process, of which no setting of the application is passed on.
   * @param command - Another way to start it.
   */
  constructor(
    env: Record<string, string> = {},
    [file, ...args]: Command = [process.execPath, 'dist/src/main.js'],
  ) {
    this.child = spawn(file, args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...withoutSettings(process.env), PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which can be ended with everything in it.
      detached: true,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // 'close' comes after the last output, unlike 'exit'.
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get firstLine(): string {
    return this.stdout.split('\n', 1)[0]!;
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** The URL that the program has printed, once it listens. */
  async url(): Promise<string> {
    for (;;) {
      // The last line of the usage, so that all of it is there.
      const url = /^Dashboard +(\S+)$[^]*^Try:\n[^]*curl .*\n$/m.exec(this.stdout)?.[1];
      if (url !== undefined) {
        return url;
      }
      await this.more();
    }
  }

  /** Asks the program to end, as Ctrl-C does. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exit;
  }

  /** Has the system stop it, or go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }

  /** Ends the program and whatever it has started, if they still run. */
  async kill(): Promise<void> {
    try {
      process.kill(-this.child.pid!, 'SIGKILL');
    } catch {
      // They have ended.
    }
    await this.exit;
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
    Object.entries(env).filter(([name]) => !/^(HOST|PORT|DASHBOARD_TOKEN|OPENROUTER_.*)$/.test(name)),
  );
}
