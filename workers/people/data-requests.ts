import { addDays, type Day, dayOf } from '../../queues/time/calendar.ts';
import { addWeekdays } from '../../queues/time/weekdays.ts';
import type { Sql } from '../../sql/database/database.ts';
import { listConsents, withdrawConsent } from '../../sql/people/consents.ts';
import {
  type DataRequest,
  type DataRequestKind,
  lockAsker,
  openDataRequest,
  takeDataRequest,
  writeDataRequest,
} from '../../sql/tasks/data-requests.ts';
import { finishTask } from '../../sql/tasks/tasks.ts';
import type { CallContext } from '../call-context.ts';
import { text } from '../notifier/texts/texts.ts';
import { Refused } from '../refusal.ts';
import { DAYS_TO_ERASE } from './erase.ts';

type Asking = Pick<CallContext, 'caller' | 'fleet' | 'now'>;
/**
 * Within so many working days people are answered (R30). Working days are Mondays to Fridays: the studio's closed days are its own and a
 * calendar of public holidays may not be loaded, so a deadline may be early and is never late.
 */
const WEEKDAYS_TO_ANSWER = 10;

/** The last day for an answer to what was asked on a day. */
const dueOn = (kind: DataRequestKind, askedOn: Day): Day =>
  kind === 'stop' ? addDays(askedOn, DAYS_TO_ERASE) : addWeekdays(askedOn, WEEKDAYS_TO_ANSWER);

type Wish = { kind: DataRequestKind; askedOn: Day; note: string | null };

/** Writes a task for what somebody asked about their own data, unless one of the kind is open. `dedupe`: written once under this key. */
export async function writeDataTask(
  transaction: Sql,
  person: { id: number; name: string },
  { kind, askedOn, note }: Wish,
  { caller, fleet: { settings } }: Asking,
  more: { dedupe?: string; consentId?: number } = {},
) {
  const due_on = dueOn(kind, askedOn);
  const title = text(settings.locale, `task.asked_${kind}`, { name: person.name, id: person.id, day: due_on });
  const details = {
    person_id: person.id,
    asked_on: askedOn,
    due_on,
    ...(note === null ? {} : { note }),
    ...(more.consentId === undefined ? {} : { consent_id: more.consentId }),
  };
  await writeDataRequest(transaction, { userId: person.id, kind, title, details, dedupe: more.dedupe ?? null, by: caller.name });
}

/**
 * Notes that somebody asked about their own data (R30). Asked again while it is open, the first deadline stays. Whoever wants nothing
 * kept any more withdraws with it what they consented to. Throws {@link Refused}: missing, or a conflict for somebody merged or erased.
 */
export async function noteDataRequest(transaction: Sql, userId: number, wish: Wish, asking: Asking): Promise<DataRequest> {
  const { now, fleet } = asking;
  const { zone } = fleet.settings;
  const who = await lockAsker(transaction, userId);
  if (!who) throw new Refused('missing', `there is no person ${userId}`);
  const { merged_into } = who;
  if (merged_into !== null)
    throw new Refused('conflict', `person ${userId} was merged into person ${merged_into}`, { merged_into });
  if (who.is_erased) throw new Refused('conflict', `person ${userId} was erased`);
  await writeDataTask(transaction, { id: userId, name: who.name }, wish, asking);
  if (wish.kind === 'stop') {
    const on = { today: dayOf(now, zone), zone };
    for (const { id, kind, is_valid } of await listConsents(transaction, userId, on))
      if (kind === 'processing' && is_valid) await withdrawConsent(transaction, { userId, id, ...on, now: now.toISOString() });
  }
  return openDataRequest(transaction, userId, wish.kind);
}

/** The file is given for a request to see the data, which is answered by it; once more it is given again. Throws {@link Refused}. */
export async function answerByFile(transaction: Sql, userId: number, id: number, by: string) {
  const request = await takeDataRequest(transaction, userId, id);
  if (!request) throw new Refused('missing', `there is no request ${id} of person ${userId}`);
  if (request.kind !== 'show')
    throw new Refused('conflict', 'the file answers nobody who asked for something else than to see it');
  await finishTask(transaction, id, by);
}
