import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openCompressed } from '../../sql/database/seal.ts';
import type { Manifest } from './files.ts';
import { isAbsent } from './store.ts';

const SEGMENT = /^([0-9A-F]{8})[0-9A-F]{16}\.gz$/;
/** A line of a timeline's history: the one it parted from, and where. */
const PARTED = /^(\d+)\t([0-9A-F]+\/[0-9A-F]+)\t/gm;

const numberOf = (lsn: string) => {
  const [high = '0', low = '0'] = lsn.split('/');
  return BigInt(`0x${high}`) * 2n ** 32n + BigInt(`0x${low}`);
};

/**
 * The timeline a backup is recovered along: the newest one that was written to and that goes on from where the backup ended. A server that
 * was restored beside the real one only to look at it has left the number of its timeline in the archive and no log: PostgreSQL's own
 * "latest" would follow it, and refuse every backup that was made after it parted.
 * @param folder with the log of the backup's server
 */
export async function timelineOf({ wal }: Manifest, folder: string, keyFile: string | undefined): Promise<number> {
  if (wal === null) return 1;
  const own = Number.parseInt(wal.first.slice(0, 8), 16);
  const names = await readdir(folder).catch((error): string[] => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const written = new Set(names.map((name) => SEGMENT.exec(name)?.[1]).filter((name) => name !== undefined));
  for (const timeline of [...written].toSorted().toReversed()) {
    if (Number.parseInt(timeline, 16) <= own) break;
    if (!names.includes(`${timeline}.history.gz`)) continue;
    const history = await text(await openCompressed(join(folder, `${timeline}.history.gz`), keyFile));
    const parted = [...history.matchAll(PARTED)].find(([, parent]) => Number(parent) === own);
    if (parted?.[2] !== undefined && numberOf(parted[2]) >= numberOf(wal.lsn)) return Number.parseInt(timeline, 16);
  }
  return own;
}
