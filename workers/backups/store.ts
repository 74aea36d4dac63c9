import { Refused } from '../refusal.ts';

/** How long a file is, in bytes, and its checksum. */
export type Measured = { bytes: number; sha256: string };

/** A place where backups lie: a folder, or a bucket of an object store. Files are named by their paths in it, with slashes. */
export type Store = {
  /** Where it is, for people. */
  place: string;
  /** Names of the files below a folder, however deep. What is unfinished is none; a folder that is not there is empty. */
  list(folder: string): Promise<Set<string>>;
  /** In bytes; undefined where there is no such file. */
  sizeOf(file: string): Promise<number | undefined>;
  /** What a file holds. Fails with the code ENOENT where there is none, and where it cannot be read to its end. */
  read(file: string): AsyncIterable<Uint8Array>;
  /**
   * Writes a file, which has its name only once it is whole and will stay. Throws {@link damaged}, and leaves what was there, where it is
   * not what was expected.
   */
  write(file: string, content: AsyncIterable<Uint8Array>, expected?: Measured): Promise<void>;
  remove(file: string): Promise<void>;
  /** Removes what writes have left that began before an instant and never ended. */
  removeUnfinished(before: Date): Promise<void>;
  close(): void;
};

export const damaged = (file: string) =>
  new Refused('invalid', `${file} is damaged: its checksum is not the one it was written with`);

/** True of what {@link damaged} makes, as against a place that cannot be reached. */
export const isDamage = (error: unknown): error is Refused => error instanceof Refused;

/** Throws where a file is not what was expected. */
export function demandSame(file: string, { bytes, sha256 }: Measured, expected: Measured | undefined) {
  if (expected !== undefined && (bytes !== expected.bytes || sha256 !== expected.sha256)) throw damaged(file);
}

/** All of a small file, as text. */
export async function textIn(store: Store, file: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(file)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';
