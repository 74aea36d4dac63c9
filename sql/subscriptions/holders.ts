import { z } from 'zod';
import { sql } from '../database/database.ts';
import type { Notice } from '../notifications/tell.ts';

/** Whose subscription it is, and who pays for it. */
export const holderRow = z.object({
  id: z.int(),
  student_id: z.int(),
  student: z.string(),
  payer_id: z.int(),
  subscription: z.string(),
});
export type Holder = z.output<typeof holderRow>;

/** The columns of a holder, from `held`, `student`, `person` and `type` as {@link holderTables} names them. */
export const holderColumns = sql.fragment`held.id, held.student_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student,
  student.payer_id, type.name as subscription`;

export const holderTables = sql.fragment`student_subscriptions held
  join subscriptions type on type.id = held.subscription_id
  join students student on student.id = held.student_id
  join users person on person.id = held.student_id`;

/**
 * What is said about a subscription: to the student, and to whoever pays for the student, who is told for whom it is
 * (`student` in the params, null for the student). Each of the two once a key.
 */
export function holderNotices(
  holder: Holder,
  of: { template: string; dedupe: string; params: Record<string, unknown> },
): Notice[] {
  const { student_id, payer_id, subscription, student } = holder;
  const say = (userId: number, dedupe: string, whose: string | null): Notice => ({
    userId,
    template: of.template,
    dedupe,
    params: { subscription, student: whose, ...of.params },
  });
  const toStudent = say(student_id, of.dedupe, null);
  return payer_id === student_id ? [toStudent] : [toStudent, say(payer_id, `${of.dedupe}:payer`, student)];
}
