import type { Settings } from '../../queues/process/settings.ts';
import { openBucket } from './bucket.ts';
import { folderAt } from './folder.ts';
import type { Store } from './store.ts';

export type CopySettings = Pick<Settings, 'backupCopyDir' | 'backupBucket'>;

/** The place where backups are copied, if there is one. Throws where it is a bucket without a key; asks it nothing yet. */
export async function openElsewhere(
  { backupCopyDir, backupBucket }: CopySettings,
  options: Parameters<typeof openBucket>[1] = {},
): Promise<Store | undefined> {
  if (backupBucket !== undefined) return openBucket(backupBucket, options);
  return backupCopyDir === undefined ? undefined : folderAt(backupCopyDir);
}
