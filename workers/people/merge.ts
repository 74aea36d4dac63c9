import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { hasConsent, stopMarketing } from '../../sql/people/consents.ts';
import { findMerge, lockForMerging, mergePeople, mergeRow, whoIsNow } from '../../sql/people/merge.ts';
import { type MergeObstacle, mergeObstacle, mergeObstacles } from '../../sql/people/merge-obstacles.ts';
import type { Keeps } from '../../sql/people/merge-rows.ts';
import { type MergeSide, mergeSide, mergeSides } from '../../sql/people/merge-sides.ts';
import { Refused } from '../refusal.ts';

export const whoseKept = ['own', 'other'] as const;
/** Which sign-in and which chat remain where both have one. */
export type MergeWish = {
  keptId: number;
  mergedId: number;
  signIn: (typeof whoseKept)[number] | undefined;
  chat: (typeof whoseKept)[number] | undefined;
};
export type MergeContext = { by: string; now: Date; zone: string };

/** What comes of merging. `becomes` is null where something stands against it. */
export const merging = z.object({
  kept: mergeSide,
  other: mergeSide,
  becomes: mergeSide.nullable(),
  obstacles: z.array(mergeObstacle),
  merged: mergeRow.nullable(),
});
export type Merging = z.output<typeof merging>;

const words: Record<MergeObstacle['kind'], string> = {
  works_here: 'the other one works here: keep that one',
  erased: 'one of them was erased',
  are_family: 'one of them looks after the other or pays for them',
  two_sign_ins: 'both sign in with a password: say with sign_in whose remains',
  two_chats: 'both have a Telegram chat: say with chat whose remains',
  same_training: 'both have a place in the same training to come',
  same_time: 'both are expected somewhere at the same time',
  hold: 'a time is held for one of them just now',
  open_requests: 'a request of one of them is not decided yet',
  two_exams: 'both have an exam of one program ahead',
  just_changed: 'something of theirs was just changed and can be undone still',
};

/**
 * What merging two people would come to, with what stands against it; nothing is written where something does. In the caller's
 * transaction, which a dry run takes back. Merged already: how it came out. Throws {@link Refused}: missing, or a conflict where one of
 * them has been merged into somebody else.
 */
export async function merge(transaction: Sql, wish: MergeWish, { by, now, zone }: MergeContext): Promise<Merging> {
  const { keptId, mergedId } = wish;
  if (keptId === mergedId) throw new Refused('conflict', 'nobody is merged into oneself');
  await lockForMerging(transaction, wish);
  const at = now.toISOString();
  const sides = await mergeSides(transaction, [keptId, mergedId], at);
  const sideOf = (id: number): MergeSide => {
    const side = sides.find((one) => one.id === id);
    if (!side) throw new Refused('missing', `there is no person ${id}`);
    return side;
  };
  const [kept, other] = [sideOf(keptId), sideOf(mergedId)];
  const already = await mergedAlready(transaction, wish);
  if (already) return { kept, other, becomes: kept, obstacles: [], merged: already };
  const choice = { signIn: wish.signIn !== undefined, chat: wish.chat !== undefined };
  const obstacles = [...(await mergeObstacles(transaction, wish, choice, at))];
  if (obstacles.length > 0) return { kept, other, becomes: null, obstacles, merged: null };
  const merged = await mergePeople(transaction, { keptId, mergedId, keeps: keepsOf(kept, other, wish), by, now: at });
  if (!(await hasConsent(transaction, keptId, 'marketing', { today: dayOf(now, zone), zone })))
    await stopMarketing(transaction, keptId);
  const [becomes] = await mergeSides(transaction, [keptId], at);
  return { kept, other, becomes: becomes!, obstacles, merged };
}

/** {@link merge}, for good: what stands against it is a conflict that names everything. */
export async function mergeForGood(transaction: Sql, wish: MergeWish, context: MergeContext): Promise<Merging> {
  const outcome = await merge(transaction, wish, context);
  if (outcome.obstacles.length > 0) {
    const named = outcome.obstacles.map(({ kind }) => words[kind]).join('; ');
    throw new Refused('conflict', `person ${wish.mergedId} cannot be merged into ${wish.keptId}: ${named}`, {
      obstacles: outcome.obstacles,
    });
  }
  return outcome;
}

async function mergedAlready(transaction: Sql, { keptId, mergedId }: MergeWish) {
  const [keptNow, mergedNow] = [await whoIsNow(transaction, keptId), await whoIsNow(transaction, mergedId)];
  if (keptNow !== keptId)
    throw new Refused('conflict', `person ${keptId} was merged into person ${keptNow}`, { merged_into: keptNow });
  if (mergedNow === mergedId) return null;
  if (mergedNow !== keptId)
    throw new Refused('conflict', `person ${mergedId} was merged into person ${mergedNow}`, { merged_into: mergedNow });
  return findMerge(transaction, mergedId);
}

/** Where only one of them has it, it is that one's; whoever works here keeps the own (D46). */
function keepsOf(kept: MergeSide, other: MergeSide, { signIn, chat }: MergeWish): Keeps {
  const of = (mine: boolean, theirs: boolean, chosen: 'own' | 'other' | undefined) =>
    mine && theirs ? (chosen ?? 'own') : theirs ? 'other' : 'own';
  return {
    signIn: of(kept.has_sign_in, other.has_sign_in, signIn),
    chat: of(kept.has_telegram, other.has_telegram, chat),
    staff: kept.works_here,
    active: other.is_active,
  };
}
