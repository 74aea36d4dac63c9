import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../queues/log/log.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { type Day, dayOf } from '../../queues/time/calendar.ts';
import { noteCopied } from '../../sql/backups/copies.ts';
import type { Sql } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { type CopySettings, openElsewhere } from './elsewhere.ts';
import { copyErasures } from './erasures.ts';
import { isWal, listManifests, type Manifest } from './files.ts';
import { folderAt } from './folder.ts';
import { prune, walOfUse } from './retention.ts';
import { isDamage, type Store } from './store.ts';

const LOOK_MS = 60_000;
/** Where nothing is new here, the other place is looked at so often: what was deleted there by hand is copied again. */
const FULL_LOOK_MS = 3_600_000;
/** What is written there for longer than this was left by a process that is gone. */
const LEFT_MS = DAY_MS;

type Copies = { from: Store; to: Store; today: Day };

/**
 * Copies to another place what it does not have: complete backups, each described last, the log, and who was erased. Nothing is deleted
 * there because it is gone here, for then a lost disk would take its copy with it: what is old there goes by the same rules (R34).
 * Returns the backups that lie there now, and what is wrong with the first of those here that are not what was written: it is not copied,
 * and keeps nothing else from being copied.
 */
export async function copyBackups({ from, to, today }: Copies): Promise<{ copied: Manifest[]; damage: Error | undefined }> {
  let damage: Error | undefined;
  const before = new Map((await listManifests(to)).map((backup) => [backup.file, JSON.stringify(backup)]));
  for (const backup of await listManifests(from)) {
    if (before.get(backup.file) === JSON.stringify(backup)) continue;
    await copyBackup(backup, from, to).catch((error) => {
      if (!isDamage(error)) throw error;
      damage ??= error;
    });
  }
  const copied = await listManifests(to);
  const { isOfUse } = walOfUse(copied, today);
  const there = await to.list('wal');
  for (const file of [...(await from.list('wal'))].toSorted()) {
    if (isWal(file) && isOfUse(file) && !there.has(file)) await to.write(file, from.read(file));
  }
  await copyErasures(from, to);
  await prune(to, today, copied);
  return { copied, damage };
}

async function copyBackup(backup: Manifest, from: Store, to: Store) {
  const { file, bytes } = backup;
  if ((await to.sizeOf(file)) !== bytes) await to.write(file, from.read(file), backup);
  await to.write(`${file}.json`, from.read(`${file}.json`));
}

type Copying = { db: Sql; settings: CopySettings & Pick<Settings, 'backupDir' | 'zone'> };

async function copyTo(to: Store, { db, settings: { backupDir, zone } }: Copying, now: Date) {
  const { copied, damage } = await copyBackups({ from: folderAt(backupDir), to, today: dayOf(now, zone) });
  await noteCopied(
    db,
    copied.map(({ file }) => file),
    now,
  );
  if (damage) throw damage;
}

/** Copies what there is to copy, if there is a place for it, and notes which backups lie there. */
export async function copyElsewhere(copying: Copying, now: Date) {
  const to = await openElsewhere(copying.settings);
  try {
    if (to !== undefined) await copyTo(to, copying, now);
  } finally {
    to?.close();
  }
}

/** Copies every minute, for as long as the process lives. A place that is away is tried again. Never throws. */
export async function keepCopying(copying: Copying, signal: AbortSignal, everyMs = LOOK_MS) {
  const { settings } = copying;
  if (settings.backupCopyDir === undefined && settings.backupBucket === undefined) return;
  let to: Store | undefined;
  let known = { here: '', at: Number.NEGATIVE_INFINITY };
  async function look(now: Date) {
    const here = await standOf(folderAt(settings.backupDir));
    if (here === known.here && now.getTime() - known.at < FULL_LOOK_MS) return;
    to ??= await openElsewhere(settings, { signal });
    if (to === undefined) return;
    await copyTo(to, copying, now);
    await to.removeUnfinished(new Date(now.getTime() - LEFT_MS));
    known = { here, at: now.getTime() };
  }
  while (!signal.aborted) {
    await look(new Date()).catch((error) => {
      if (!signal.aborted) log.warn({ err: error }, 'backups were not copied');
    });
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  to?.close();
}

/** What there is to copy, in a word that changes with it. */
async function standOf(own: Store): Promise<string> {
  const erasures = await own.sizeOf('erasures.jsonl');
  return JSON.stringify([await listManifests(own), [...(await own.list('wal'))].toSorted(), erasures]);
}
