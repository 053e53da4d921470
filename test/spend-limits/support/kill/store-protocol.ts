import type { Step } from './kill-point.js';

/** A command to a store, as it is seen on the wire. */
export interface SeenCommand {
  /** What it does to a hold; `undefined` if nothing. */
  readonly step: Step | undefined;
  /** Id of the hold. */
  readonly id: string;
  /** Of a reservation. */
  readonly nanoUsd: number;
  readonly note: string;
}

/** What the answer to a command shows of its hold. */
export interface SeenAnswer {
  /** A reservation: whether it was admitted. */
  readonly isAdmitted?: boolean;
  /** Whether a generation is attached now. */
  readonly isAttached?: boolean;
  /** The state in which it has ended. */
  readonly state?: string | undefined;
}

/** Called with each message, and with its bytes. */
export type OnMessage<T> = (message: T, bytes: Buffer) => void;

/** How the commands to a store, and its answers, are read. One is made for each connection. */
export interface StoreProtocol<Command = unknown, Answer = unknown> {
  /** Reads what a process has sent. */
  readCommands(chunk: Buffer, onCommand: OnMessage<Command>): void;
  /** Reads what the store has sent: one answer for each command. */
  readAnswers(chunk: Buffer, onAnswer: OnMessage<Answer>): void;
  /** @param isAttached - Whether the hold with an id has a generation. */
  commandOf(command: Command, isAttached: (id: string) => boolean | undefined): SeenCommand;
  answerOf(command: SeenCommand, answer: Answer): SeenAnswer;
  /**
   * The bytes of a command that asks for lost holds, so that it is given none; those of any other command as they are. One
   * process alone is to find what the others leave, so that its list is complete.
   */
  withoutClaims(command: Command, bytes: Buffer): Buffer | string;
}
