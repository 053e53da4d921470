import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Command = readonly [file: string, ...args: string[]];

/** What tells one sample from the other. */
export interface Sample {
  /** The sample's folder. */
  readonly folder: URL;
  /** What `node` runs in it. */
  readonly main: string;
  /** Finds the URL in what was printed, as its first group, once all of it is there. */
  readonly announcement: RegExp;
}

/** Variables that a sample reads. */
const SETTINGS =
  /^(HOST|PORT|MODEL|DATABASE_URL|DATA_FOLDER|LEASE_SECONDS|DASHBOARD_TOKEN|OPENROUTER_.*|TENANTS_.*)$/;

/** A built sample as a process of its own. */
export class SampleProgram {
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;

  private readonly announcement: RegExp;
  private readonly child: ChildProcess;

  /**
   * @param sample - The sample.
   * @param env - Variables over those of this process, of which no setting of a sample is passed on.
   * @param command - Another way to start it.
   */
  constructor(
    { folder, main, announcement }: Sample,
    env: Record<string, string> = {},
    [file, ...args]: Command = [process.execPath, main],
  ) {
    this.announcement = announcement;
    this.child = spawn(file, args, {
      cwd: fileURLToPath(folder),
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
      const url = this.announcement.exec(this.stdout)?.[1];
      if (url !== undefined) {
        return url;
      }
      await this.more();
    }
  }

  /** Waits until a text has been printed. */
  async printed(text: RegExp): Promise<void> {
    while (!text.test(this.stdout)) {
      await this.more();
    }
  }

  /** Sends a signal: SIGINT as Ctrl-C does; SIGKILL leaves no time to do anything about it. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends a signal, and waits for the end. */
  async end(name: NodeJS.Signals): Promise<Exit> {
    this.signal(name);
    return this.exit;
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
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SETTINGS.test(name)));
}
