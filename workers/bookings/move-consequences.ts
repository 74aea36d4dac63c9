import { z } from 'zod';
import type { BookingState } from '../../sql/bookings/change.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { namesOfPeople } from '../../sql/trainings/people.ts';
import { freeUntil } from '../free-until.ts';
import { readers, readersOfBooking } from './notices.ts';
import type { Refusal } from './refusals.ts';

const roles = [...readers, 'former_specialist'] as const;

/** What makes a move of a booking impossible; `payment`: what paid for it does not reach that day. */
export const moveObstacles = z.array(z.object({ what: z.enum(['specialist', 'room', 'client', 'payment']), why: z.string() }));

/** What moving a booking means for people. */
export const moveConsequences = z
  .object({
    told: z.object({
      count: z.int(),
      people: z.array(z.object({ id: z.int(), name: z.string(), as: z.enum(roles) })),
    }),
    loses_free: z.boolean().meta({ description: 'it could be cancelled for free, and cannot be any more' }),
    free_until: z
      .object({ before: z.iso.datetime().nullable(), after: z.iso.datetime().nullable() })
      .meta({ description: 'until when it may be cancelled for free; null: it may not' }),
    obstacles: moveObstacles.meta({ description: 'what makes the move impossible' }),
  })
  .meta({ id: 'ConsequencesOfABookingMove' });
export type MoveConsequences = z.output<typeof moveConsequences>;

/** Those of a move that changes nothing, or cannot be: the booking can be cancelled for free as long as before. */
export function noConsequences(booking: Free, now: Date, refusal?: Refusal): MoveConsequences {
  const until = freeBy(booking, now);
  return {
    told: { count: 0, people: [] },
    loses_free: false,
    free_until: { before: until, after: until },
    obstacles: refusal ? moveObstaclesOf(refusal) : [],
  };
}

export const moveObstaclesOf = ({ refused, what }: Refusal) => [{ what: what ?? ('specialist' as const), why: refused }];

/** Those of a move that was done. @param was the booking before it @param isNow and after it */
export async function consequencesOfMove(db: Sql, was: BookingState, isNow: Booking, now: Date): Promise<MoveConsequences> {
  const { client_id: clientId, payer_id: payerId, specialist_id: specialistId } = isNow;
  const concerned = readersOfBooking({ clientId, payerId, specialistId });
  const isTold = concerned.some(({ id }) => id === was.specialist_id);
  const people = isTold ? concerned : [...concerned, { id: was.specialist_id, as: 'former_specialist' as const }];
  const names = await namesOfPeople(
    db,
    people.map(({ id }) => id),
  );
  const before = freeBy(was, now);
  const after = freeBy(isNow, now);
  return {
    told: { count: people.length, people: people.map(({ id, as }) => ({ id, name: names.get(id) ?? '', as })) },
    loses_free: before !== null && after === null,
    free_until: { before, after },
    obstacles: [],
  };
}

type Free = Pick<Booking, 'starts_at' | 'moved_late'>;

/** Until when a booking can still be cancelled for free; null: it cannot. */
function freeBy({ starts_at, moved_late }: Free, now: Date) {
  const until = freeUntil(new Date(starts_at));
  return moved_late || until < now ? null : until.toISOString();
}
