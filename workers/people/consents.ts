import { dayOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import {
  type Consent,
  type ConsentKind,
  enterConsent,
  hasConsent,
  stopMarketing,
  whoMayConsent,
  withdrawConsent,
} from '../../sql/people/consents.ts';
import { lockAsker } from '../../sql/tasks/data-requests.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { writeDataTask } from './data-requests.ts';

type Asking = Pick<CallContext, 'caller' | 'fleet' | 'now'>;

/**
 * Notes a consent (R30): one's own, or for somebody under 18 a guardian's. The studio's people enter what was signed on paper, and may
 * name who signed. Throws {@link Refused}.
 */
export async function consent(
  transaction: Sql,
  userId: number,
  wish: { kind: ConsentKind; textVersion: string; givenBy: number | undefined },
  { caller, fleet, now }: Asking,
): Promise<Consent> {
  const { zone } = fleet.settings;
  const today = dayOf(now, zone);
  const who = await whoMayConsent(transaction, userId, today);
  if (!who) throw new Refused('missing', `there is no person ${userId}`);
  const able = who.is_minor ? who.guardians : [userId];
  const asking =
    caller.personId !== undefined && [userId, ...who.guardians].includes(caller.personId) ? caller.personId : able[0];
  const givenBy = wish.givenBy ?? asking;
  if (givenBy === undefined || !able.includes(givenBy))
    throw new Refused('conflict', who.is_minor ? 'for a child a guardian consents' : 'an adult consents for oneself');
  const { kind, textVersion } = wish;
  return enterConsent(transaction, {
    userId,
    kind,
    textVersion,
    givenBy: `person:${givenBy}`,
    today,
    zone,
    now: now.toISOString(),
  });
}

/**
 * Takes a consent back (R30). Marketing stops at once; where nothing may be kept any more, the admins get a task to erase the person
 * within 30 days. Once more changes nothing. Throws {@link Refused}.
 */
export async function withdraw(transaction: Sql, userId: number, id: number, asking: Asking): Promise<Consent> {
  const { now } = asking;
  const { zone } = asking.fleet.settings;
  const on = { today: dayOf(now, zone), zone };
  const withdrawn = await withdrawConsent(transaction, { userId, id, ...on, now: now.toISOString() });
  if (!withdrawn) throw new Refused('missing', `there is no consent ${id} of person ${userId}`);
  if (withdrawn.kind === 'marketing' && !(await hasConsent(transaction, userId, 'marketing', on)))
    await stopMarketing(transaction, userId);
  if (withdrawn.kind === 'processing' && !(await hasConsent(transaction, userId, 'processing', on))) {
    const askedOn = dayOf(new Date(withdrawn.withdrawn_at as string), zone);
    const who = await lockAsker(transaction, userId);
    const wish = { kind: 'stop', askedOn, note: null } as const;
    if (who && !who.is_erased)
      await writeDataTask(transaction, { id: userId, name: who.name }, wish, asking, {
        dedupe: `erase_person:${userId}:${id}`,
        consentId: id,
      });
  }
  return withdrawn;
}
