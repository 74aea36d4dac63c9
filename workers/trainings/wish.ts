import { dayOf, wallTimeOf } from '../../queues/time/calendar.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import type { HandState, When } from '../../sql/trainings/by-hand.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** What is to become of a training; what is undefined stays. Instants as text, money in minor units; a room of null: none. */
export type Wish = {
  starts_at?: string;
  duration_minutes?: number;
  trainer_id?: number;
  room_id?: number | null;
  price_minor?: number;
  max_participants?: number;
  notes?: string | null;
};

const MINUTE_MS = 60_000;

/** When something lies, on the studio's clock as well. @param minutes how long it lasts */
export function whenOf(startsAt: Date, minutes: number, zone: string): When {
  const [, time] = wallTimeOf(startsAt, zone).split('T') as [string, string];
  return {
    starts_at: startsAt.toISOString(),
    ends_at: new Date(startsAt.getTime() + minutes * MINUTE_MS).toISOString(),
    training_date: dayOf(startsAt, zone),
    start_time: time,
  };
}

export const minutesOf = ({ starts_at, ends_at }: Pick<When, 'starts_at' | 'ends_at'>) =>
  Math.round((Date.parse(ends_at) - Date.parse(starts_at)) / MINUTE_MS);

/** Throws `invalid` for a start that is not ahead, or no whole minute. */
export function demandAhead(startsAt: Date, now: Date) {
  if (startsAt.getTime() % MINUTE_MS !== 0) throw notAcceptable('starts_at', 'a whole minute');
  if (startsAt <= now) throw notAcceptable('starts_at', `later than now, ${now.toISOString()}`);
}

/** Throws a `conflict` for a training whose time, place, price or places can no longer be changed (R12). */
export function demandChangeable({ status, starts_at }: Pick<HandState, 'status' | 'starts_at'>, now: Date) {
  if (status === 'cancelled') throw new Refused('conflict', 'the training is cancelled');
  if (status === 'completed') throw new Refused('conflict', 'the training is completed');
  if (new Date(starts_at) <= now) throw new Refused('conflict', 'the training has started');
}

/** Whether a change of the start comes so late that cancelling becomes free until it (R12): less than 24 hours before the earlier of both. */
export const isLateMove = (was: string, next: string, now: Date) =>
  was !== next && Math.min(Date.parse(was), Date.parse(next)) - now.getTime() < DAY_MS;
