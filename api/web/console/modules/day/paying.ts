import type { AnswerTo } from '../../../kit/client.ts';
import type { Day } from '../../../kit/zone.ts';

type Held = AnswerTo<'GET /api/students/{id}/subscriptions'>['items'][number];
type Paying = Pick<
  Held,
  'id' | 'start_date' | 'end_date' | 'status' | 'sessions_left' | 'freeze_start_date' | 'freeze_end_date' | 'subscription'
>;

const covers = ({ start_date, end_date, status, sessions_left, freeze_start_date, freeze_end_date }: Paying, day: Day) =>
  status !== 'cancelled' &&
  sessions_left !== 0 &&
  start_date <= day &&
  day <= end_date &&
  !(freeze_start_date !== null && freeze_end_date !== null && freeze_start_date <= day && day <= freeze_end_date);

/** Which of somebody's subscriptions a training of this day would be charged to: an unlimited one first, then the one that ends first. */
export const payingOn = <H extends Paying>(held: readonly H[], day: Day): H | undefined =>
  held
    .filter((one) => covers(one, day))
    .sort(
      (a, b) =>
        Number(a.sessions_left !== null) - Number(b.sessions_left !== null) ||
        a.end_date.localeCompare(b.end_date) ||
        a.id - b.id,
    )[0];
