import type { Settings } from '../../queues/process/settings.ts';
import { hasOwner } from '../../sql/auth/links.ts';
import type { Database } from '../../sql/database/database.ts';
import { inviteFirstOwner } from '../sign-in/links.ts';
import { publicUrl } from './ask-api.ts';

/** Prints the one-time link that makes the first owner, as long as nobody has used one; the link printed before ends. */
export async function sayFirstOwnerLink(db: Database, settings: Settings, say: (line: string) => void) {
  if (await hasOwner(db)) return;
  const { path } = await db.transaction((transaction) => inviteFirstOwner(transaction, new Date()));
  say(
    `\nThe studio has no owner yet. Whoever opens this link becomes the owner (once, within seven days):\n  ${publicUrl(settings)}${path}`,
  );
}
