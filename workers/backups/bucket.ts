import type { BackupBucket } from '../../queues/process/backup-bucket.ts';
import { type BucketCalls, BucketError, garbled, openBucketCalls, type Patience } from './bucket-calls.ts';
import { readBucketFile } from './bucket-read.ts';
import { inParts, writeBucketFile } from './bucket-write.ts';
import type { Store } from './store.ts';

/** A file of this size or more goes in parts of it: no more of it is in memory. A store takes 10,000 parts. */
const PART = 8 * 2 ** 20;
const PARTS = 9_000;
/** What may be ours: others may have files in the bucket too. */
const OURS = /^(nightly|archive|wal)\/|^erasures\.jsonl$/;

/** A bucket of an object store as a place of backups. Throws where it has no key; asks it nothing yet. */
export async function openBucket(
  settings: BackupBucket,
  { signal, patience, part = PART }: { signal?: AbortSignal; patience?: Patience; part?: number } = {},
): Promise<Store> {
  const calls = await openBucketCalls(settings, signal, patience);
  const { s3, client, place, call } = calls;
  const at = { Bucket: settings.bucket };
  const prefix = settings.folder === '' ? '' : `${settings.folder}/`;
  const named = (file: string) => ({ ...at, Key: `${prefix}${file}` });

  async function sizeOf(file: string) {
    try {
      return (await call(`size of ${file}`, (options) => client.send(new s3.HeadObjectCommand(named(file)), options)))
        .ContentLength;
    } catch (error) {
      if (error instanceof BucketError && error.status === 404) return undefined;
      throw error;
    }
  }

  return {
    place,
    sizeOf,
    async list(folder) {
      const found = new Set<string>();
      for (let token: string | undefined; ; ) {
        const page = await call(`list of ${folder}`, async (options) => {
          const wanted = { ...at, Prefix: `${prefix}${folder}/`, ContinuationToken: token };
          return demandListing(await client.send(new s3.ListObjectsV2Command(wanted), options), token);
        });
        for (const { Key = '' } of page.Contents ?? []) found.add(Key.slice(prefix.length));
        if (!page.IsTruncated) return found;
        token = page.NextContinuationToken;
      }
    },
    read: (file) => readBucketFile(calls, named(file), file),
    async write(file, content, expected) {
      const size = Math.max(part, Math.ceil((expected?.bytes ?? 0) / PARTS));
      const bytes = await writeBucketFile(calls, named(file), file, inParts(content, size), size, expected);
      const there = await sizeOf(file);
      if (there !== bytes) throw new BucketError(`${place}: ${file}`, `of ${bytes} bytes it has ${there ?? 'none'}`);
    },
    async remove(file) {
      await call(`removal of ${file}`, (options) => client.send(new s3.DeleteObjectCommand(named(file)), options));
    },
    removeUnfinished: (before) => abortUploads(calls, at, prefix, before),
    close: calls.close,
  };
}

/** An answer without this is no listing, and would be read as an empty bucket. One that names its own place has no end. */
function demandListing<P extends { IsTruncated?: boolean; NextContinuationToken?: string; $metadata: object }>(
  page: P,
  token?: string,
): P {
  const isListing =
    page.IsTruncated === false || (page.IsTruncated && page.NextContinuationToken && page.NextContinuationToken !== token);
  if (isListing) return page;
  throw garbled(page.$metadata);
}

/** Ends uploads of ours that nobody goes on with. A store that lists none says 501. */
async function abortUploads({ s3, client, call }: BucketCalls, at: { Bucket: string }, prefix: string, before: Date) {
  for (let from: { KeyMarker?: string; UploadIdMarker?: string } = {}; ; ) {
    const wanted = { ...at, Prefix: prefix, ...from };
    const page = await call('list of what was left', (options) =>
      client.send(new s3.ListMultipartUploadsCommand(wanted), options),
    ).catch((error: BucketError) => {
      if (error.status === 501) return undefined;
      throw error;
    });
    for (const { Key = '', UploadId, Initiated } of page?.Uploads ?? []) {
      if (!OURS.test(Key.slice(prefix.length)) || Initiated === undefined || Initiated > before) continue;
      const left = { ...at, Key, UploadId };
      await call(`end of ${Key}`, (options) => client.send(new s3.AbortMultipartUploadCommand(left), options));
    }
    if (!page?.IsTruncated || page.NextKeyMarker === undefined) return;
    from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
