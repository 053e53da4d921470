import { isRecord } from '../../untrusted/is-record.js';

/** The latest moment that is taken for one: the end of the year 9999. */
const MAX_TIME = Date.UTC(10_000, 0, 1) - 1;

/** Whether a store's answer to `reserve` is one to the request with this id. */
export function isAdmission(answer: unknown, id: string): boolean {
  if (!isAnswer(answer)) {
    return false;
  }
  switch (answer['status']) {
    case 'admitted':
      return (
        isHold(answer['hold']) &&
        answer['hold']['id'] === id &&
        isTime(answer['expiresAt']) &&
        areFigures(answer['figures'])
      );
    case 'refused':
      return (
        Number.isSafeInteger(answer['subject']) &&
        Number.isSafeInteger(answer['window']) &&
        areFigures(answer['figures'])
      );
    default:
      return answer['status'] === 'ended' || answer['status'] === 'no-window';
  }
}

/** Whether it is an answer to `adjust` or `restore`. */
export function isBooking(answer: unknown): boolean {
  return isAnswer(answer) && (answer['status'] === 'done' || answer['status'] === 'no-window');
}

/** Whether it is an answer to `usage`. */
export function isReport(answer: unknown): boolean {
  return (
    isBooking(answer) && isAnswer(answer) && (answer['status'] !== 'done' || areFigures(answer['figures']))
  );
}

/** Whether it is an answer to `claim`. */
export function isClaims(answer: unknown): boolean {
  return (
    Array.isArray(answer) &&
    answer.every(
      (claim: unknown) =>
        isRecord(claim) &&
        isHold(claim['hold']) &&
        isTime(claim['admittedAt']) &&
        Number.isSafeInteger(claim['claims']),
    )
  );
}

/** Whether it is a moment, in milliseconds since 1970. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME;
}

function isAnswer(answer: unknown): answer is Readonly<Record<string, unknown>> {
  return isRecord(answer) && isTime(answer['now']);
}

function isHold(hold: unknown): hold is Readonly<Record<string, unknown>> {
  return (
    isRecord(hold) &&
    typeof hold['id'] === 'string' &&
    typeof hold['note'] === 'string' &&
    Number.isSafeInteger(hold['nanoUsd']) &&
    Array.isArray(hold['places']) &&
    hold['places'].every(isRecord) &&
    (hold['generationId'] === undefined || typeof hold['generationId'] === 'string')
  );
}

/** Lists may lack what the store does not know. */
function areFigures(lists: unknown): boolean {
  return (
    Array.isArray(lists) &&
    lists.every(
      (list: unknown) => Array.isArray(list) && list.every((one) => one === undefined || isFigures(one)),
    )
  );
}

function isFigures(figures: unknown): boolean {
  return (
    isRecord(figures) &&
    typeof figures['spanId'] === 'string' &&
    isTime(figures['from']) &&
    (figures['to'] === null || isTime(figures['to'])) &&
    Number.isSafeInteger(figures['settledNanoUsd']) &&
    Number.isSafeInteger(figures['heldNanoUsd']) &&
    Number.isSafeInteger(figures['unsettledNanoUsd'])
  );
}
