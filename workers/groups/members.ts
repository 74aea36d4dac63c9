import { addDays } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { groupName, joinGroup, leaveGroup, templatesOfGroup } from '../../sql/groups/members.ts';
import { isInactive } from '../../sql/records/students.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { Refused } from '../refusal.ts';
import { lockForRelease, releasePlaces } from './release.ts';

/** Throws `missing` where there is no such group. */
export async function demandGroup(db: Sql, id: number): Promise<string> {
  const name = await groupName(db, id);
  if (name === null) throw new Refused('missing', `there is no group ${id}`);
  return name;
}

/** Makes a student a member from a business day on (R10). Throws a `conflict` for one who is not active or is a member then. */
export async function addMember(db: Sql, of: { groupId: number; studentId: number; from: string; to: string | null }) {
  await demandGroup(db, of.groupId);
  if (await isInactive(db, of.studentId)) throw new Refused('conflict', `the student ${of.studentId} is not active`);
  return joinGroup(db, of);
}

/**
 * Takes a student out of a group after a last day; seats that the group gave later are released safely (R10). Throws `missing` for
 * somebody who is no member then.
 */
export async function removeMember(
  db: Sql,
  of: { groupId: number; studentId: number; lastDay: string; today: string; now: Date },
) {
  const name = await demandGroup(db, of.groupId);
  await lockRoster(db);
  if ((await leaveGroup(db, of)) === 0)
    throw new Refused('missing', `the student ${of.studentId} is no member of the group ${of.groupId} after ${of.lastDay}`);
  const place = {
    studentId: of.studentId,
    templateIds: await templatesOfGroup(db, of.groupId),
    from: addDays(of.lastDay, 1),
    now: of.now,
  };
  const locked = await lockForRelease(db, place);
  return releasePlaces(db, place, { today: of.today, because: { kind: 'group', name } }, locked);
}
