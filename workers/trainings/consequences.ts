import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import { chargesOf, type Going } from '../../sql/trainings/going.ts';
import { namesOfPeople } from '../../sql/trainings/people.ts';
import { freeUntil } from '../free-until.ts';
import type { Plan } from './plan.ts';
import type { Charge, Recharged, TrainingReader } from './readers.ts';

const student = { student_id: z.int(), student: z.string() };
const payment = z
  .object({ subscription_id: z.int().nullable(), subscription: z.string().nullable(), amount_minor: z.int().nullable() })
  .nullable();

/** What a change of a training means for people. */
export const consequences = z
  .object({
    told: z.object({
      count: z.int(),
      people: z.array(z.object({ id: z.int(), name: z.string(), as: z.enum(['student', 'payer', 'trainer', 'former_trainer']) })),
    }),
    busy: z
      .array(z.object({ ...student, why: z.string() }))
      .meta({ description: 'students who are elsewhere at the new time; with `release` their places are freed safely' }),
    loses: z.array(
      z.object({
        ...student,
        what: z.enum(['subscription', 'free_cancellation']),
        was: payment.meta({ description: 'what paid for the place; null: nothing, or it is about free cancellation' }),
        now: payment.meta({ description: 'what pays for it then' }),
      }),
    ),
    obstacles: z
      .array(z.object({ what: z.enum(['trainer', 'room', 'closed', 'trainer_off']), id: z.int().nullable(), why: z.string() }))
      .meta({ description: 'what makes the change impossible' }),
    free_until: z
      .object({ before: z.iso.datetime(), after: z.iso.datetime() })
      .meta({ description: 'until when a student may cancel for free' }),
  })
  .meta({ id: 'ConsequencesOfAMove' });
export type Consequences = z.output<typeof consequences>;

/** Them, as a plan has them. @param recharged places that are paid for otherwise */
export async function consequencesOf(
  db: Sql,
  plan: Plan,
  readers: readonly TrainingReader[],
  recharged: readonly Recharged[],
): Promise<Consequences> {
  const names = await namesOfPeople(
    db,
    readers.map(({ userId }) => userId),
  );
  const before = freeUntil(new Date(plan.state.starts_at), { isFreeUntilStart: plan.state.free_until_start });
  const after = freeUntil(new Date(plan.next.starts_at), { isFreeUntilStart: plan.next.free_until_start });
  const stay = plan.going.filter((seat) => seat.status !== 'ABSENT' && !plan.busy.some((one) => one.seat === seat));
  const of = ({ student_id, student }: Going) => ({ student_id, student });
  return {
    told: {
      count: readers.length,
      people: readers.map(({ userId, as }) => ({ id: userId, name: names.get(userId) ?? '', as })),
    },
    busy: plan.busy.map(({ seat, words }) => ({ ...of(seat), why: words })),
    loses: [
      ...recharged.flatMap(({ seat_id, was, now }) =>
        stay
          .filter((seat) => seat.seat_id === seat_id && seat.session !== null)
          .map((seat) => ({ ...of(seat), what: 'subscription' as const, was, now })),
      ),
      ...(after < before ? stay.map((seat) => ({ ...of(seat), what: 'free_cancellation' as const, was: null, now: null })) : []),
    ],
    obstacles: plan.obstacles.map(({ what, id, words }) => ({ what: what as 'trainer', id, why: words })),
    free_until: { before: before.toISOString(), after: after.toISOString() },
  };
}

const bySubscription = (of: { id: number; name: string }): Charge => ({
  subscription_id: of.id,
  subscription: of.name,
  amount_minor: null,
});
const byInvoice = (amount_minor: number): Charge =>
  amount_minor === 0 ? null : { subscription_id: null, subscription: null, amount_minor };

/** What pays for a place as it is. */
export const chargeOf = ({ session, invoice }: Going): Charge =>
  session ? bySubscription(session) : invoice ? byInvoice(invoice.amount_minor) : null;

/** How the places that are decided anew will be paid for, as far as can be foreseen. */
export const foreseen = ({ anew, next }: Plan): Recharged[] =>
  anew.map((seat) => ({
    seat_id: seat.seat_id,
    was: chargeOf(seat),
    now: seat.other ? bySubscription(seat.other) : byInvoice(next.price_minor),
  }));

/** How they are, once they are decided. */
export async function decided(db: Sql, { anew }: Plan): Promise<Recharged[]> {
  const now = await chargesOf(
    db,
    anew.map(({ seat_id }) => seat_id),
  );
  return anew.map((seat) => {
    const charge = now.find(({ seat_id }) => seat_id === seat.seat_id);
    const isPaid = charge && (charge.subscription_id !== null || charge.amount_minor !== null);
    const { subscription_id = null, subscription = null, amount_minor = null } = charge ?? {};
    return { seat_id: seat.seat_id, was: chargeOf(seat), now: isPaid ? { subscription_id, subscription, amount_minor } : null };
  });
}
