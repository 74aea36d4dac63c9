import { UnrecoverableError } from 'bullmq';
import { Zip, ZipDeflate } from 'fflate';
import type { Take } from './everything.ts';

/** Bytes that are kept at once. */
const PART = 1_000_000;
/** What a ZIP can count without extensions that older programs do not read. */
const MOST = 0xffff_ffff;

/**
 * A ZIP that is made file by file and kept part by part: it is never in memory as a whole.
 * Throws where it would be more than 4 GB.
 * @param keep is given each part in turn
 */
export function zipInto(keep: (part: Buffer) => Promise<unknown>) {
  let made: Uint8Array[] = [];
  let bytes = 0;
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    failure ??= error;
    made.push(chunk);
  });
  async function keepMade(isLast: boolean) {
    if (failure) throw failure;
    const waiting = made.reduce((sum, chunk) => sum + chunk.length, 0);
    if (waiting === 0 || (waiting < PART && !isLast)) return;
    const part = Buffer.concat(made);
    made = [];
    bytes += part.length;
    demandRoom(bytes);
    await keep(part);
  }
  const take: Take = async (name, content) => {
    const file = new ZipDeflate(name, { level: 6 });
    zip.add(file);
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      demandRoom(size);
      file.push(chunk);
      await keepMade(false);
    }
    file.push(new Uint8Array(), true);
    await keepMade(false);
  };
  return {
    take,
    /** Ends the file and keeps the rest of it; returns its size in bytes. */
    async end() {
      zip.end();
      await keepMade(true);
      return bytes;
    },
  };
}

function demandRoom(bytes: number) {
  if (bytes > MOST)
    throw new UnrecoverableError('it is more than a ZIP holds: "npm run export -- FOLDER" writes files beside each other');
}
