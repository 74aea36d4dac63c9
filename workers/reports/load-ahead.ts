import { addDays, type Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { bookingHabits, busyMinutesAhead, listGivers } from '../../sql/reports/load-ahead.ts';
import { openMinutes } from '../../sql/reports/open-minutes.ts';
import { daysFrom, HORIZON_DAYS } from '../slots/horizon.ts';
import { openMinutesOf } from '../slots/open-minutes.ts';
import { type Figures, rateOf } from './report.ts';

/** No-shows, cancellations and lead times are of so many whole days before today. */
export const DAYS_BEHIND = 90;
type DayLoad = { date: Day; busy_minutes: number; open_minutes: number; load: number | null };
type Load = { id: number; name: string; busy_minutes: number; open_minutes: number; load: number | null; days: DayLoad[] };

/**
 * How full the days that can be booked are, by specialist and by room, in minutes of those each is open. Of somebody who cannot be booked,
 * and of a room that is not used any more, only if there is something all the same; they are open never.
 */
export async function loadAhead(db: Sql, { zone, today }: { zone: string; today: Day }) {
  const span = { from: today, to: addDays(today, HORIZON_DAYS - 1), zone };
  const days = daysFrom(span.from, span.to);
  const busy = await busyMinutesAhead(db, span);
  const givers = await listGivers(db);
  const open = await openMinutesOf(
    db,
    zone,
    givers.flatMap(({ id, is_active }) => (is_active ? [id] : [])),
    days,
  );
  const rooms = await openMinutes(db, { ...span, by: 'day' });
  const specialists = givers
    .map(({ id, name }) =>
      loadOf({ id, name }, days, sumByDay(busy.filter((row) => row.specialist_id === id)), open.get(id) ?? new Map()),
    )
    .filter((one) => open.has(one.id) || one.busy_minutes > 0);
  const names = new Map([...busy, ...rooms].flatMap(({ room_id, room }) => (room_id === null ? [] : [[room_id, room ?? '']])));
  return {
    ...{ from: span.from, to: span.to },
    specialists,
    rooms: [...names].toSorted(byName).map(([id, name]) => {
      const hours = new Map(rooms.filter(({ room_id }) => room_id === id).map(({ first, minutes }) => [first, minutes]));
      return loadOf({ id, name }, days, sumByDay(busy.filter((row) => row.room_id === id)), hours);
    }),
  };
}

const byName = ([oneId, one]: [number, string], [otherId, other]: [number, string]) =>
  one.localeCompare(other) || oneId - otherId;
const sumByDay = (rows: readonly { day: Day; minutes: number }[]) => {
  const sums = new Map<Day, number>();
  for (const { day, minutes } of rows) sums.set(day, (sums.get(day) ?? 0) + minutes);
  return sums;
};

function loadOf(
  who: { id: number; name: string },
  days: readonly Day[],
  busy: ReadonlyMap<Day, number>,
  open: ReadonlyMap<Day, number>,
): Load {
  const row = (busy_minutes: number, open_minutes: number) => ({
    busy_minutes,
    open_minutes,
    load: rateOf(busy_minutes, open_minutes),
  });
  const own = days.map((date): DayLoad => ({ date, ...row(busy.get(date) ?? 0, open.get(date) ?? 0) }));
  const sum = (name: 'busy_minutes' | 'open_minutes') => own.reduce((total, one) => total + one[name], 0);
  return { ...who, ...row(sum('busy_minutes'), sum('open_minutes')), days: own };
}

/** What became of the bookings of the days before today, by specialist, and of all of them. */
export async function habitsBehind(db: Sql, { zone, today }: { zone: string; today: Day }) {
  const span = { from: addDays(today, -DAYS_BEHIND), to: addDays(today, -1), zone };
  const names = new Map((await listGivers(db)).map(({ id, name }) => [id, name]));
  const rows = (await bookingHabits(db, span)).map(({ specialist_id, lead_days, ...counts }) => {
    const [lead_days_q1 = null, lead_days_median = null, lead_days_q3 = null] = lead_days ?? [];
    return {
      specialist_id,
      specialist: specialist_id === null ? null : (names.get(specialist_id) ?? null),
      ...counts,
      no_show_rate: rateOf(counts.no_shows, counts.bookings - counts.cancelled),
      cancellation_rate: rateOf(counts.cancelled, counts.bookings),
      ...{ lead_days_q1, lead_days_median, lead_days_q3 },
    };
  });
  const total = rows.find(({ specialist_id }) => specialist_id === null);
  return {
    from: span.from,
    to: span.to,
    specialists: rows.filter((row) => row !== total),
    total: total as NonNullable<typeof total>,
  };
}

/** The heat as rows of a table: one for each day of each specialist and room. */
export const heatRows = ({ specialists, rooms }: Awaited<ReturnType<typeof loadAhead>>): Figures[] =>
  (
    [
      ['specialist', specialists],
      ['room', rooms],
    ] as const
  ).flatMap(([of, loads]) => loads.flatMap(({ id, name, days }) => days.map((day) => ({ of, id, name, ...day }))));
