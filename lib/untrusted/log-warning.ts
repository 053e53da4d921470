import { Logger } from '@nestjs/common';

/** Logs a warning. An application's logger that throws must not fail what only has something to tell. */
export function logWarning(message: string): void {
  try {
    new Logger('OpenRouter').warn(message);
  } catch {
    // There is no other place where it could be told.
  }
}
