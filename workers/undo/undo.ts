import { dayOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { obstaclesOf } from '../../sql/trainings/meets.ts';
import { isTold, lockMessages, takeBackMessages } from '../../sql/undo/messages.ts';
import { placesBefore } from '../../sql/undo/restore.ts';
import { lockUndo, noteUndone, type Undo, type UndoKind } from '../../sql/undo/undos.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { mayDo } from '../rights.ts';
import { restoreBooking } from './bookings.ts';
import { restoreChanged, unmake } from './trainings.ts';

export type Undone = { kind: UndoKind; subject_id: number; undone_at: string };

/**
 * Takes a change back with everything it did and every message it wrote, in one transaction (D49): by whoever made it, or by an
 * owner or admin, while there is time. A second time answers the same. Throws a `conflict` when it is too late, and one that names
 * what has been built on the change or has taken the place since.
 * @param also other changes that are taken back with it, the latest first: all of them or none
 */
export async function takeBack(id: number, context: CallContext, also: readonly number[] = []): Promise<Undone> {
  const ids = [...new Set([id, ...also])].toSorted((one, other) => other - one);
  try {
    return await context.db.transaction(async (transaction) => {
      const done = new Map<number, Undone>();
      for (const one of ids) done.set(one, await restore(transaction, one, context));
      return done.get(id) as Undone;
    });
  } catch (error) {
    if (!isExclusion(error)) throw error;
    let there: string | null = null;
    for (const one of ids) there ??= await whatIsThere(one, context);
    throw new Refused('conflict', `it cannot be taken back: ${there ?? placeTaken(error)}`);
  }
}

/** What the calendar itself says is there; its bare constraints say it in no words. */
function placeTaken(error: unknown) {
  const { message = '' } = (error as { cause?: Error }).cause ?? {};
  return / at that time\b/.test(message) ? message : 'the time is taken since';
}

/** What has taken the place of trainings since, in words; null where nothing has, or it is about no training. */
async function whatIsThere(id: number, { db, fleet }: CallContext): Promise<string | null> {
  for (const { student_ids, ...place } of await placesBefore(db, id)) {
    const met = await obstaclesOf(db, [place], student_ids, fleet.settings.zone);
    const first = met.find(({ what }) => what === 'trainer' || what === 'room' || what === 'student');
    if (first) return first.words;
  }
  return null;
}

const restorers: Record<UndoKind, (transaction: Sql, undo: Undo, today: string) => Promise<void>> = {
  training_changed: restoreChanged,
  trainings_cancelled: restoreChanged,
  trainings_created: unmake,
  booking_moved: restoreBooking,
  booking_cancelled: restoreBooking,
};

async function restore(transaction: Sql, id: number, { caller, now, fleet }: CallContext): Promise<Undone> {
  // Whoever takes trainings back takes the roster first, as whoever changes them does.
  await lockRoster(transaction);
  const undo = await lockUndo(transaction, id);
  if (!undo || !isTheirs(undo, caller)) throw new Refused('missing', `there is no change ${id} to take back`);
  const answer = { kind: undo.kind, subject_id: undo.subject_id };
  if (undo.undone_at) return { ...answer, undone_at: undo.undone_at };
  await lockMessages(transaction, id);
  if (undo.is_over || (await isTold(transaction, id)))
    throw new Refused('conflict', 'it is too late to take this back: people are told by now', { until: undo.until });
  await restorers[undo.kind](transaction, undo, dayOf(now, fleet.settings.zone));
  await takeBackMessages(transaction, id, undo.after.outdated);
  return { ...answer, undone_at: await noteUndone(transaction, id) };
}

/** A person's own, or anybody's for an owner or admin; a key's own, or anybody's for a key that may do everything. */
const isTheirs = ({ actor }: Undo, caller: CallContext['caller']) =>
  actor === caller.name || mayDo(caller, ...(caller.personId === undefined ? [] : (['records:write'] as const)));
