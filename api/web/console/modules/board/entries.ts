import type { AnswerTo } from '../../../kit/client.ts';
import { addDays, type Day, instantOf, wallOf } from '../../../kit/zone.ts';
import { DAY_MINUTES } from './geometry.ts';

export type Training = AnswerTo<'GET /real-trainings'>['items'][number];
export type Booking = AnswerTo<'GET /bookings'>['items'][number];
export type AwayTime = AnswerTo<'GET /api/specialist-absences'>['items'][number];
/** What colour, icon and edge say. */
export type State = 'planned' | 'done' | 'cancelled' | 'pending' | 'missed' | 'away';

/** Where an entry stands: the studio's day, minutes of its wall clock after midnight, and how many real minutes it takes. */
export type Place = { day: Day; from: number; minutes: number; trainerId: number; roomId: number | null };
export type Entry = {
  key: string;
  kind: 'training' | 'booking' | 'absence';
  id: number;
  version: number;
  title: string;
  trainer: string;
  room: string | null;
  state: State;
  /** May be moved, as far as the page knows: it is ahead, stands, and whoever looks is of the studio. */
  isMovable: boolean;
  startsAt: string;
  endsAt: string;
  place: Place;
  training?: Training;
  booking?: Booking;
  absence?: AwayTime;
};

const STATES: Record<Training['status'] | Booking['status'], State> = {
  scheduled: 'planned',
  completed: 'done',
  cancelled: 'cancelled',
  PENDING: 'pending',
  CONFIRMED: 'planned',
  COMPLETED: 'done',
  CANCELLED: 'cancelled',
  NO_SHOW: 'missed',
};

type Around = { zone: string; now: number; mayMove: boolean };
type Times = { starts_at: string; ends_at: string };

const minutesOf = (wall: string) => Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));

/** The day and minute at which an instant stands on the board. */
export function standsAt(instant: string, zone: string): { day: Day; from: number } {
  const wall = wallOf(instant, zone);
  return { day: wall.slice(0, 10), from: minutesOf(wall) };
}

function placeOf({ starts_at, ends_at }: Times, trainerId: number, roomId: number | null, zone: string): Place {
  const minutes = Math.round((Date.parse(ends_at) - Date.parse(starts_at)) / 60_000);
  return { ...standsAt(starts_at, zone), minutes, trainerId, roomId };
}

export const entryOfTraining = (training: Training, { zone, now, mayMove }: Around): Entry => ({
  key: `training-${training.id}`,
  kind: 'training',
  id: training.id,
  version: training.version,
  title: training.training_type,
  trainer: training.trainer,
  room: training.room,
  state: STATES[training.status],
  isMovable: mayMove && training.status === 'scheduled' && Date.parse(training.starts_at) > now,
  startsAt: training.starts_at,
  endsAt: training.ends_at,
  place: placeOf(training, training.trainer_id, training.room_id, zone),
  training,
});

export const entryOfBooking = (booking: Booking, { zone, now, mayMove }: Around): Entry => ({
  key: `booking-${booking.id}`,
  kind: 'booking',
  id: booking.id,
  version: booking.version,
  title: `${booking.service} · ${booking.client}`,
  trainer: booking.specialist,
  room: booking.room,
  state: STATES[booking.status],
  isMovable: mayMove && booking.status === 'CONFIRMED' && Date.parse(booking.starts_at) > now,
  startsAt: booking.starts_at,
  endsAt: booking.ends_at,
  place: placeOf(booking, booking.specialist_id, booking.room_id, zone),
  booking,
});

/**
 * An absence as the days of a board show it: an entry a day that it takes a part of. One of a single day may be carried, a longer one
 * is changed by its dates. @param nameOf a trainer's name
 */
export function entriesOfAbsence(
  absence: AwayTime,
  {
    zone,
    now,
    days,
    nameOf,
    word,
  }: { zone: string; now: number; days: readonly Day[]; nameOf(id: number): string; word: string },
): Entry[] {
  const [from, to] = [standsAt(absence.from_at, zone), standsAt(absence.to_at, zone)];
  const last = to.from === 0 ? lastBefore(absence.to_at, zone) : to.day;
  const isOneDay = from.day === last;
  return days
    .filter((day) => from.day <= day && day <= last)
    .map((day) => {
      const begins = from.day === day ? from.from : 0;
      const ends = to.day === day ? to.from : DAY_MINUTES;
      const minutes = isOneDay ? Math.round((Date.parse(absence.to_at) - Date.parse(absence.from_at)) / 60_000) : ends - begins;
      return {
        key: isOneDay ? `absence-${absence.id}` : `absence-${absence.id}-${day}`,
        kind: 'absence' as const,
        id: absence.id,
        version: 0,
        title: absence.reason ?? word,
        trainer: nameOf(absence.specialist_id),
        room: null,
        state: 'away' as const,
        isMovable: isOneDay && Date.parse(absence.to_at) > now,
        startsAt: begins === 0 ? startOf({ day, from: 0 }, zone) : absence.from_at,
        endsAt: ends === DAY_MINUTES ? startOf({ day: addDays(day, 1), from: 0 }, zone) : absence.to_at,
        place: { day, from: begins, minutes, trainerId: absence.specialist_id, roomId: null },
        absence,
      };
    });
}
/** Whether it takes all of its day, which where a clock is set forward has 23 hours. */
export const isAllDay = ({ startsAt, endsAt, place: { day } }: Pick<Entry, 'startsAt' | 'endsAt' | 'place'>, zone: string) =>
  Date.parse(startsAt) <= Date.parse(startOf({ day, from: 0 }, zone)) &&
  Date.parse(endsAt) >= Date.parse(startOf({ day: addDays(day, 1), from: 0 }, zone));
const lastBefore = (instant: string, zone: string) => wallOf(Date.parse(instant) - 60_000, zone).slice(0, 10);

/** When an absence is that was put somewhere else. */
export function absenceWishOf({ from, minutes, day }: Place, zone: string) {
  const starts = startOf({ day, from }, zone);
  return { from: starts, to: new Date(Date.parse(starts) + minutes * 60_000).toISOString() };
}

export const isSamePlace = (one: Place, other: Place) =>
  one.day === other.day &&
  one.from === other.from &&
  one.minutes === other.minutes &&
  one.trainerId === other.trainerId &&
  one.roomId === other.roomId;

/** By which name is kept what is typed about an entry. */
export const entryDraft = ({ key }: Pick<Entry, 'key'>) => `board-${key}`;

const two = (value: number) => String(value).padStart(2, '0');
/** `14:05`, of minutes after midnight. */
export const clock = (minutes: number) => `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
/** Minutes after midnight of `14:05`; null: it is no time. */
export function minutesOfClock(text: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/** The instant of a place's start. */
export const startOf = ({ day, from }: Pick<Place, 'day' | 'from'>, zone: string) => instantOf(`${day}T${clock(from)}:00`, zone);

/** What is asked for where an entry goes from one place to another: only what differs. */
export function wishOf(was: Place, now: Place, zone: string) {
  return {
    ...(was.day !== now.day || was.from !== now.from ? { starts_at: startOf(now, zone) } : {}),
    ...(was.minutes === now.minutes ? {} : { duration_minutes: now.minutes }),
    ...(was.trainerId === now.trainerId ? {} : { trainer_id: now.trainerId }),
    ...(was.roomId === now.roomId ? {} : { room_id: now.roomId }),
  };
}

/** The same of a booking, which always names its start, and never no room. */
export function bookingWishOf({ startsAt, place: was }: Entry, now: Place, zone: string) {
  const { starts_at = new Date(startsAt).toISOString(), trainer_id, room_id } = wishOf(was, now, zone);
  return {
    starts_at,
    ...(trainer_id === undefined ? {} : { specialist_id: trainer_id }),
    ...(room_id == null ? {} : { room_id }),
  };
}
