import { CLAIM, COMMIT, EXTEND, GIVE_UP, RELEASE } from '../../../lib/redis/spend-hold-scripts.js';
import { RESERVE } from '../../../lib/redis/spend-window-scripts.js';
import type { Step } from '../../spend-limits/support/kill/kill-point.js';
import type {
  OnMessage,
  SeenAnswer,
  SeenCommand,
  StoreProtocol,
} from '../../spend-limits/support/kill/store-protocol.js';
import { readResp } from './resp.js';

/** What processes run. */
export const SCRIPTS = [RESERVE, EXTEND, COMMIT, RELEASE, GIVE_UP, CLAIM];

const STEP_OF = new Map<string, Step>([
  [RESERVE.sha1, 'reserve'],
  [EXTEND.sha1, 'extend'],
  [COMMIT.sha1, 'commit'],
  [RELEASE.sha1, 'release'],
  [GIVE_UP.sha1, 'giveUp'],
]);

/** The state after a step that had an effect. */
const STATE_AFTER: Readonly<Partial<Record<Step, string>>> = {
  commit: 'settled',
  release: 'released',
  giveUp: 'provisional',
};

/** The scripts of `RedisSpendStore`, by their digests. */
export class RedisProtocol implements StoreProtocol<readonly string[]> {
  private readonly commands = new Values();
  private readonly answers = new Values();

  readCommands(chunk: Buffer, onCommand: OnMessage<readonly string[]>): void {
    this.commands.read(chunk, (value, bytes) => onCommand((value as unknown[]).map(String), bytes));
  }

  readAnswers(chunk: Buffer, onAnswer: OnMessage<unknown>): void {
    this.answers.read(chunk, onAnswer);
  }

  /** The first extension that names a generation attaches it. */
  commandOf(
    [name, digest, keys, ...rest]: readonly string[],
    isAttached: (id: string) => boolean | undefined,
  ): SeenCommand {
    const args = name!.toLowerCase() === 'evalsha' ? rest.slice(Number(keys)) : [];
    const [id = '', nanoUsd, , fourth = ''] = args;
    const found = STEP_OF.get(digest ?? '');
    const isFirst = fourth !== '' && isAttached(id) === false;
    const step = found === 'extend' && isFirst ? 'attach' : found;
    return { step, id, nanoUsd: Number(nanoUsd), note: fourth };
  }

  answerOf({ step }: SeenCommand, answer: unknown): SeenAnswer {
    if (step === undefined) return {};
    return {
      isAdmitted: step === 'reserve' && Array.isArray(answer) && answer[0] === 'admitted',
      isAttached: step === 'attach' && answer !== '',
      state: answer === 1 ? STATE_AFTER[step] : undefined,
    };
  }

  withoutClaims(
    [name, digest, keys, key, limit, ...rest]: readonly string[],
    bytes: Buffer,
  ): Buffer | string {
    if (digest !== CLAIM.sha1 || limit === undefined) return bytes;
    const parts = [name!, digest, keys!, key!, '0', ...rest];
    return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
  }
}

/** The values that arrive on a connection. */
class Values {
  private rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer, onValue: OnMessage<unknown>): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let found = readResp(this.rest, 0); found !== undefined; found = readResp(this.rest, 0)) {
      const bytes = this.rest.subarray(0, found.end);
      this.rest = this.rest.subarray(found.end);
      onValue(found.value, bytes);
    }
  }
}
