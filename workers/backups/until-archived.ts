import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { archivedSoFar, archiverTrouble } from '../../sql/backups/server.ts';
import type { OnProgress } from './base.ts';

/** So long the archiver may keep no file at all while one is waited for. */
const STILL_MS = 60_000;
const LOOK_MS = 100;

/**
 * Resolves once a file of the log lies in the archive. After much was written the archiver may be hundreds of files behind, so it is
 * waited for as long as it goes on; throws with its trouble once it has kept nothing for a minute.
 */
export async function untilArchived(client: Pick<pg.Client, 'query'>, path: string, onProgress: OnProgress) {
  let kept = -1;
  let since = performance.now();
  while (!existsSync(path)) {
    const now = await archivedSoFar(client);
    if (now !== kept) [kept, since] = [now, performance.now()];
    else if (performance.now() - since > STILL_MS)
      throw new Error(`the write-ahead log is not archived: ${await archiverTrouble(client)}`);
    await onProgress();
    await pause(LOOK_MS);
  }
}
