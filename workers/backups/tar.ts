import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

/*
 * The tar format (ustar), as much of it as the files of a database need: folders and plain files below 8 GB. `tar xzf` reads it.
 */
const BLOCK = 512;
const LARGEST = 8 ** 11 - 1;

/** A folder (no size), or a file with exactly `size` bytes. */
export type TarEntry = { path: string; size?: number; content?: AsyncIterable<Buffer> | Iterable<Buffer> };

/** Entries as the bytes of a tar file. Throws for one whose content is not as long as it says. */
export async function* tarOf(entries: AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const { path, size, content = [] } of entries) {
    yield headerOf(path, size);
    let written = 0;
    for await (const chunk of content) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== (size ?? 0)) throw new Error(`${path}: ${written} bytes where ${size ?? 0} were announced`);
    if (written % BLOCK > 0) yield Buffer.alloc(BLOCK - (written % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function headerOf(path: string, size: number | undefined): Buffer {
  const name = size === undefined ? `${path}/` : path;
  if (Buffer.byteLength(name) > 100) throw new Error(`${path}: a name of more than 100 bytes`);
  if ((size ?? 0) > LARGEST) throw new Error(`${path}: more than 8 GB`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(size === undefined ? 0o700 : 0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size ?? 0, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        ', 148);
  header.write(size === undefined ? '5' : '0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return header;
}

/** Writes what is in a tar file into a folder. Throws where the file ends too early, or names something outside of the folder. */
export async function unpack(tar: AsyncIterable<Buffer>, folder: string) {
  const reader = readerOf(tar);
  for (;;) {
    const header = await reader.block();
    if (header.every((byte) => byte === 0)) return;
    const path = header.toString('utf8', 0, 100).split('\0', 1)[0] ?? '';
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
    const target = join(folder, path);
    if (normalize(path).startsWith('..') || !Number.isSafeInteger(size)) throw new Error(`"${path}" is no entry of a backup`);
    if (header[156] === '5'.charCodeAt(0)) {
      await mkdir(target, { recursive: true, mode: 0o700 });
      continue;
    }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await pipeline(reader.bytes(size), createWriteStream(target, { mode: 0o600 }));
    if (size % BLOCK > 0) for await (const _ of reader.bytes(BLOCK - (size % BLOCK)));
  }
}

function readerOf(tar: AsyncIterable<Buffer>) {
  const source = tar[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  async function* bytes(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (rest.length === 0) {
        const next = await source.next();
        if (next.done) throw new Error('the file ends too early');
        rest = next.value;
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
  async function block(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of bytes(BLOCK)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
  return { bytes, block };
}
