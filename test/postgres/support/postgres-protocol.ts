import type { Step } from '../../spend-limits/support/kill/kill-point.js';
import type {
  OnMessage,
  SeenAnswer,
  SeenCommand,
  StoreProtocol,
} from '../../spend-limits/support/kill/store-protocol.js';

/** What a process has asked, or what the server has answered to that. */
interface Exchange {
  /** The messages, each with its type; the first one of a connection has none. */
  readonly messages: readonly { readonly type: string; readonly body: Buffer }[];
}

const STEPS: readonly Step[] = ['attach', 'extend', 'commit', 'release', 'giveUp'];

/** The states in which a hold has ended, for the process that holds it. */
const ENDED = ['settled', 'released', 'provisional'];

/** The functions of `PostgresSpendStore`, by the names in their statements. */
export class PostgresProtocol implements StoreProtocol<Exchange, Exchange> {
  /** A question ends with `Sync`, a plain query, or the end of the connection; the first message begins the connection. */
  private readonly questions = new Exchanges('SQX', true);
  /** An answer ends with `ReadyForQuery`. */
  private readonly answers = new Exchanges('Z', false);

  readCommands(chunk: Buffer, onCommand: OnMessage<Exchange>): void {
    this.questions.read(chunk, onCommand);
  }

  readAnswers(chunk: Buffer, onAnswer: OnMessage<Exchange>): void {
    this.answers.read(chunk, onAnswer);
  }

  commandOf(question: Exchange): SeenCommand {
    const name = functionOf(question);
    const given = givenOf(question);
    const step = name === 'step' ? STEPS.find((one) => one === given['command']) : undefined;
    return {
      step: name === 'reserve' ? 'reserve' : step,
      id: String(given['id']),
      nanoUsd: Number(given['nanoUsd']),
      note: String(given['note']),
    };
  }

  answerOf({ step }: SeenCommand, { messages }: Exchange): SeenAnswer {
    const row = messages.find(({ type }) => type === 'D')?.body;
    if (step === undefined || row === undefined) return {};
    // The number of columns, and the length of the first one, which is the only one.
    const { status, state } = JSON.parse(row.toString('utf8', 6)) as { status: string; state?: string };
    return {
      isAdmitted: step === 'reserve' && status === 'admitted',
      isAttached: step === 'attach' && state === 'held',
      state: ENDED.find((one) => one === state),
    };
  }

  withoutClaims(question: Exchange, bytes: Buffer): Buffer {
    // As long as before.
    return functionOf(question) !== 'claim'
      ? bytes
      : Buffer.from(
          bytes
            .toString('latin1')
            .replace(/"limit":(\d+)/, (_, limit: string) => `"limit":${'0'.padStart(limit.length)}`),
          'latin1',
        );
  }
}

/** The function of the schema that a question calls. */
function functionOf({ messages }: Exchange): string | undefined {
  const statement = messages.find(({ type }) => type === 'P')?.body.toString('utf8') ?? '';
  return /"\.(\w+)\(\$1::text, \$2/.exec(statement)?.[1];
}

/** What is given to it: the second one of its two arguments. */
function givenOf({ messages }: Exchange): Readonly<Record<string, unknown>> {
  const body = messages.find(({ type }) => type === 'B')?.body;
  if (body === undefined) return {};
  // The names of the portal and of the statement, and how the arguments are written.
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const values = Array.from({ length: body.readInt16BE(at) }, (_, index) => {
    at = index === 0 ? at + 2 : at;
    const from = at + 4;
    at = from + Math.max(0, body.readInt32BE(at));
    return body.toString('utf8', from, at);
  });
  return values.length === 2 ? (JSON.parse(values[1]!) as Record<string, unknown>) : {};
}

/** The messages that arrive on a connection, up to one that ends a question or an answer. */
class Exchanges {
  private rest: Buffer = Buffer.alloc(0);
  private messages: Exchange['messages'][number][] = [];
  /** Where the next message begins in what has not been handed on. */
  private at = 0;

  constructor(
    private readonly last: string,
    private isAtStart: boolean,
  ) {}

  read(chunk: Buffer, onExchange: OnMessage<Exchange>): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const typeLength = this.isAtStart ? 0 : 1;
      const bodyAt = this.at + typeLength + 4;
      if (this.rest.length < bodyAt) return;
      const end = this.at + typeLength + this.rest.readInt32BE(this.at + typeLength);
      if (this.rest.length < end) return;
      const type = this.isAtStart ? '' : String.fromCharCode(this.rest[this.at]!);
      this.messages.push({ type, body: this.rest.subarray(bodyAt, end) });
      this.at = end;
      if (!this.isAtStart && !this.last.includes(type)) continue;
      this.isAtStart = false;
      const { messages, rest } = this;
      this.messages = [];
      this.rest = rest.subarray(end);
      this.at = 0;
      onExchange({ messages }, rest.subarray(0, end));
    }
  }
}
