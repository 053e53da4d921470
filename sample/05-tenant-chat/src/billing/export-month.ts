import { open, readFile, truncate } from 'node:fs/promises';
import type { MeteringService } from 'nestjs-openrouter';
import { readBillLines, type BillLine } from './bill-lines.js';

/**
 * Adds the costs of a month to a file, a line for each, beginning after the last line that is there. The cursor is in the
 * same line as the cost, so that a job that is killed has written both or neither: it may be run again at any time.
 *
 * @param month - For example `2026-11`, in UTC, as the periods of the limits.
 */
export async function exportMonth(metering: MeteringService, month: string, file: string): Promise<void> {
  const after = await lastCursor(file);
  const handle = await open(file, 'a');
  try {
    const costs = metering.exportCosts({ ...rangeOf(month), ...(after !== undefined && { after }) });
    for await (const { id, cursor, nanoUsd, isFinal, scope, startedAt, model = null } of costs) {
      const line: BillLine = {
        id,
        cursor,
        nanoUsd,
        isFinal,
        scope,
        startedAt: startedAt.toISOString(),
        model,
      };
      await handle.write(`${JSON.stringify(line)}\n`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The cursor of the last complete line. An incomplete one is cut off. */
async function lastCursor(file: string): Promise<string | undefined> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) await truncate(file, end);
  return readBillLines(bytes.toString('utf8', 0, end)).at(-1)?.cursor;
}

function rangeOf(month: string): { from: string; to: string } {
  const next = new Date(`${month}-01T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return { from: `${month}-01`, to: next.toISOString().slice(0, 10) };
}
