import { SettingsError } from './given-settings.ts';

/** Where copies of backups go: a bucket of a store that speaks S3. */
export type BackupBucket = Readonly<{
  bucket: string;
  /** The folder in it, without slashes at its ends; empty where they lie in the bucket itself. */
  folder: string;
  /** Without a slash at its end; without it Amazon's own of the region. */
  endpoint?: string;
  region: string;
  /** Only those who copy and restore have it. */
  key?: Readonly<{ id: string; secret: string }>;
}>;

type Given = {
  BACKUP_COPY_URL?: Pick<BackupBucket, 'bucket' | 'folder'>;
  BACKUP_COPY_DIR?: string;
  BACKUP_COPY_ENDPOINT?: string;
  BACKUP_COPY_REGION: string;
  BACKUP_COPY_KEY_ID?: string;
  BACKUP_COPY_SECRET?: string;
};

/** The bucket, if one is set. Throws where a folder is given beside it, or what belongs to a bucket without one. */
export function bucketOf(given: Given): BackupBucket | undefined {
  const { BACKUP_COPY_URL: place, BACKUP_COPY_ENDPOINT: endpoint, BACKUP_COPY_KEY_ID: id, BACKUP_COPY_SECRET: secret } = given;
  if (place === undefined) {
    const alone = endpoint ? 'BACKUP_COPY_ENDPOINT' : id ? 'BACKUP_COPY_KEY_ID' : undefined;
    if (alone) throw new SettingsError(`BACKUP_COPY_URL: not given; accepted: s3://BUCKET/FOLDER, since ${alone} is given`);
    return undefined;
  }
  if (given.BACKUP_COPY_DIR !== undefined)
    throw new SettingsError('BACKUP_COPY_DIR: given; accepted: none, since BACKUP_COPY_URL is given');
  const key = id !== undefined && secret !== undefined ? { id, secret } : undefined;
  return { ...place, endpoint: endpoint?.replace(/\/+$/, ''), region: given.BACKUP_COPY_REGION, key };
}

/** The key of a bucket. Throws where it is not given: the scheduler, which only waits for copies, needs none. */
export function demandBucketKey({ backupBucket }: { backupBucket?: BackupBucket }): BackupBucket['key'] {
  if (backupBucket === undefined || backupBucket.key !== undefined) return backupBucket?.key;
  throw new SettingsError('BACKUP_COPY_KEY_ID: not given; accepted: it and BACKUP_COPY_SECRET, since BACKUP_COPY_URL is given');
}
