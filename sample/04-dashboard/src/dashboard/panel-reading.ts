import { Logger } from '@nestjs/common';
import { isOpenRouterException } from 'nestjs-openrouter';
import type { Panel } from '../../shared/dashboard.js';

const logger = new Logger('Dashboard');

/** Reads a panel. Returns it with the new figures, or with the last ones and the problem. */
export async function readPanel<T>(panel: Panel<T>, read: () => Promise<T>): Promise<Panel<T>> {
  try {
    return { data: await read(), readAt: Date.now(), problem: null };
  } catch (error) {
    const since = panel.problem?.since ?? Date.now();
    return { ...panel, problem: { since, message: messageOf(error) } };
  }
}

function messageOf(error: unknown): string {
  if (isOpenRouterException(error)) return (error as Error).message;
  logger.error(error);
  return 'An unexpected error happened in this server. See its log.';
}
