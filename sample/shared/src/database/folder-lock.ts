import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../start-error.js';

/**
 * Makes this process the only one that uses a folder: PGlite itself does not notice a second one, and both would write.
 * As PostgreSQL does, it notes the id of the process in a file, which counts only while that process lives.
 *
 * @returns What gives the folder back.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'process.pid');
  while (!(await noted(file))) {
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner !== process.pid && isAlive(owner)) {
      throw new StartError(
        `The folder ${folder} is in use by process ${owner}. Stop it, or choose another folder: ` +
          'DATA_FOLDER=other npm start. Several processes need a PostgreSQL: DATABASE_URL=postgres://…',
      );
    }
    await rm(file, { force: true });
  }
  return () => rm(file, { force: true });
}

/** Whether the file was made. */
async function noted(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
