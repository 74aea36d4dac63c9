import { z } from 'zod';
import { sql } from '../database/database.ts';
import { aboutWhom } from '../notifications/about.ts';
import type { ParamsOf } from '../notifications/catalog.ts';
import type { subscriptionMessages } from '../notifications/messages/subscriptions.ts';
import type { Notice } from '../notifications/notify.ts';

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

type OfHolder = keyof typeof subscriptionMessages | 'renewal_unpaid' | 'renewal_lapsed';
/** What is said of a subscription, but for whose it is. */
type Said = {
  [N in OfHolder]: {
    template: N;
    params: Omit<ParamsOf<N>, 'subscription' | 'student' | 'student_subscription_id' | 'is_payer'>;
    dedupe: string;
  };
}[OfHolder];

/**
 * What is said about a subscription: to the student, and to the payer, whose message names the student
 * (`student` in the params, null for the student). Each of the two once a key; a balance is for the payer only.
 */
export function holderNotices(holder: Holder, message: Said): Notice[] {
  const { id, student_id, payer_id, subscription, student } = holder;
  const say = (userId: number, dedupe: string, whose: string | null) => {
    const isPayer = userId === payer_id;
    const ofMoney = 'balance_minor' in message.params ? { is_payer: isPayer, ...(isPayer ? {} : { balance_minor: null }) } : {};
    const about = { subscription, student: whose, student_subscription_id: id };
    // What is owed is the payer's own affair, whatever they want to hear of the student.
    const whom = message.template.startsWith('renewal_') ? [] : aboutWhom(userId, student_id);
    return {
      userId,
      template: message.template,
      dedupe,
      about: whom,
      params: { ...about, ...message.params, ...ofMoney },
    } as Notice;
  };
  const toStudent = say(student_id, message.dedupe, null);
  return payer_id === student_id ? [toStudent] : [toStudent, say(payer_id, `${message.dedupe}:payer`, student)];
}
