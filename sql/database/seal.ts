import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';

/*
 * Sealed files: AES-256-GCM in chunks, so that a file of any size is encrypted as it is written and checked as it is read.
 *
 *   8 bytes  SFSEAL01
 *   32 bytes salt: the file's own key is HKDF-SHA256(key, salt)
 *   chunks   64 KiB of plain text at most, encrypted, and 16 bytes of tag. The nonce is the number of the chunk, and its last byte
 *            is 1 in the last chunk, 0 before: what is cut off, put elsewhere or added is noticed.
 */

const MAGIC = Buffer.from('SFSEAL01');
const SALT = 32;
const TAG = 16;
const CHUNK = 64 * 1024;
const SEALED = CHUNK + TAG;
const KEY_BYTES = 32;

/**
 * The key in a file: 32 bytes in base64 (`openssl rand -base64 32`). Throws where there is none, or where others may read it.
 */
export function readKey(file: string): Buffer {
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new Error(`${file}: others may read the key; chmod 600 it`);
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== KEY_BYTES)
    throw new Error(`${file}: got ${key.length} bytes; accepted: 32 in base64 (openssl rand -base64 32)`);
  return key;
}

const keyOf = (key: Buffer, salt: Buffer) => Buffer.from(hkdfSync('sha256', key, salt, 'studio-fleet backup', KEY_BYTES));

function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(chunk, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Cuts what comes into pieces of `size`; the last one, which may be empty, is known to be it. */
function inPieces(size: number, onPiece: (piece: Buffer, isLast: boolean, push: (out: Buffer) => void) => void): Transform {
  let waiting: Buffer[] = [];
  let length = 0;
  return new Transform({
    transform(data: Buffer, _encoding, next) {
      waiting.push(data);
      length += data.length;
      try {
        if (length > size) {
          let all = Buffer.concat(waiting);
          for (; all.length > size; all = all.subarray(size)) onPiece(all.subarray(0, size), false, (out) => this.push(out));
          waiting = [all];
          length = all.length;
        }
        next();
      } catch (error) {
        next(error as Error);
      }
    },
    flush(next) {
      try {
        onPiece(Buffer.concat(waiting), true, (out) => this.push(out));
        next();
      } catch (error) {
        next(error as Error);
      }
    },
  });
}

/** Encrypts what goes through. */
export function seal(key: Buffer): Transform {
  const salt = randomBytes(SALT);
  const own = keyOf(key, salt);
  let count = 0;
  return inPieces(CHUNK, (piece, isLast, push) => {
    if (count === 0) push(Buffer.concat([MAGIC, salt]));
    const cipher = createCipheriv('aes-256-gcm', own, nonceOf(count, isLast));
    push(Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]));
    count += 1;
  });
}

/** Decrypts what goes through, without its head. Fails where it is not what was written with this key, from its beginning to its end. */
function unseal(key: Buffer, salt: Buffer, file: string): Transform {
  const own = keyOf(key, salt);
  let count = 0;
  return inPieces(SEALED, (piece, isLast, push) => {
    const wrong = () => new Error(`${file}: encrypted with another key than that of BACKUP_KEY_FILE, or damaged`);
    if (piece.length < TAG) throw wrong();
    const decipher = createDecipheriv('aes-256-gcm', own, nonceOf(count, isLast));
    decipher.setAuthTag(piece.subarray(-TAG));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(piece.subarray(0, -TAG)), decipher.final()]);
    } catch {
      throw wrong();
    }
    if (plain.length > 0) push(plain);
    count += 1;
  });
}

/** What a file holds, decrypted if it is sealed. Throws ENOENT, and where a sealed one is asked for without its key. */
export async function openSealed(file: string, keyFile: string | undefined): Promise<Readable> {
  const head = Buffer.alloc(MAGIC.length + SALT);
  const handle = await open(file, 'r');
  let read = 0;
  try {
    read = (await handle.read(head, 0, head.length, 0)).bytesRead;
  } finally {
    await handle.close();
  }
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return createReadStream(file);
  if (keyFile === undefined) throw new Error(`${file} is encrypted: BACKUP_KEY_FILE must name its key`);
  const plain = unseal(readKey(keyFile), head.subarray(MAGIC.length, read), file);
  return through(createReadStream(file, { start: head.length }), plain);
}

/** {@link openSealed}, decompressed. */
export const openCompressed = async (file: string, keyFile: string | undefined): Promise<Readable> =>
  through(await openSealed(file, keyFile), createGunzip());

/** What comes out of the second; whatever goes wrong in the first ends it with that. */
function through(source: Readable, last: Transform): Transform {
  pipeline(source, last, () => undefined);
  return last;
}
