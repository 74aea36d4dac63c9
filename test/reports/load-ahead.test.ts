import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { instantOf } from '../../queues/time/wall-time.ts';
import { sql } from '../../sql/database/database.ts';
import { habitsBehind, loadAhead } from '../../workers/reports/load-ahead.ts';
import { salon } from '../bookings/salon.ts';
import { dayOfPerson, type Interval, minutesOf, type Person, wallAt } from '../slots/reference.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  make = salon(api.db);
  await make.type();
});
afterAll(() => api.close());

/** The 60 days from then on hold the day on which the clock is set forward. */
const [zone, today] = ['Europe/Berlin', '2031-03-01'];
const HOUR = 3_600_000;
const MINUTE = 60_000;
const midnight = (day: string) => instantOf(new Date(`${day}T00:00:00Z`), zone).getTime();

const work = fc.constantFrom<Interval[]>(
  [],
  [['09:00', '18:00']],
  [['00:00', '23:59:59']],
  [
    ['08:10', '12:00'],
    ['12:35', '20:05'],
  ],
);
const week = fc
  .tuple(work, work, work, work, work, work, work)
  .map((days) => Object.fromEntries(days.map((day, n) => [String(n), day])));
const studios = fc.record({
  places: fc.array(week, { minLength: 2, maxLength: 2 }),
  people: fc.array(
    fc.record({
      place: fc.constantFrom(0, 1, null),
      week,
      override: fc.tuple(fc.integer({ min: 0, max: 59 }), work),
      /** Hours after the first midnight, and minutes of each. */
      bookings: fc.uniqueArray(fc.integer({ min: -30 * 24, max: 59 * 24 }), { minLength: 8, maxLength: 12 }),
      minutes: fc.constantFrom(30, 45, 55),
      status: fc.array(fc.constantFrom('CONFIRMED', 'CANCELLED', 'NO_SHOW', 'COMPLETED', 'gone', 'PENDING'), {
        minLength: 12,
        maxLength: 12,
      }),
      lead: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 12, maxLength: 12 }),
      trainings: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 4 }),
      absence: fc.option(fc.tuple(fc.integer({ min: 0, max: 59 * 24 }), fc.integer({ min: 1, max: 60 })), { nil: null }),
    }),
    { minLength: 3, maxLength: 3 },
  ),
});
type Studio = typeof studios extends fc.Arbitrary<infer T> ? T : never;
type Known = { id: number; person: Person };

/** Puts a studio into the database. Returns its people as calendars of minutes. */
async function build({ places, people }: Studio): Promise<Known[]> {
  const service = await make.service();
  const own = await Promise.all(
    places.map(async (schedule) => {
      const location = await make.location(schedule);
      return { location, room: await make.roomAt(location) };
    }),
  );
  const known: Known[] = [];
  for (const one of people) {
    const place = one.place === null ? null : own[one.place]!;
    const id = await make.specialist([service], { location: place?.location ?? null, schedule: one.week });
    const [n, intervals] = one.override;
    const day = addDays(today, n);
    await api.db.query(sql.unsafe`
      insert into calendar_overrides (specialist_id, day, intervals) values (${id}, ${day}, ${sql.jsonb(intervals as never)})`);
    for (const [m, hour] of one.bookings.entries()) {
      const at = new Date(midnight(today) + hour * HOUR + (m % 3) * 5 * MINUTE);
      await book(id, service, place, at, one, m);
    }
    for (const days of one.trainings) {
      const at = new Date(midnight(today) + days * 24 * HOUR + 20 * HOUR).toISOString();
      await make.training({ trainer: id, room: place?.room, at, isCancelled: days % 4 === 0 }).catch(() => undefined);
    }
    const away =
      one.absence &&
      ([midnight(today) + one.absence[0] * HOUR, midnight(today) + (one.absence[0] + one.absence[1]) * HOUR] as const);
    if (away)
      await api.db.query(sql.unsafe`
        insert into specialist_absences (specialist_id, from_at, to_at)
        values (${id}, ${new Date(away[0]).toISOString()}::timestamptz, ${new Date(away[1]).toISOString()}::timestamptz)`);
    const person = {
      zone,
      specialist: { ...one.week, [day]: intervals },
      location: one.place === null ? null : places[one.place]!,
      ...{ taken: [], absent: away ? [away] : [] },
    };
    known.push({ id, person });
  }
  await api.db.query(sql.unsafe`
    update real_trainings set training_date = (starts_at at time zone ${zone})::date, start_time = (starts_at at time zone ${zone})::time`);
  return known;
}

async function book(
  specialist: number,
  service: number,
  place: { location: number; room: number } | null,
  at: Date,
  one: Studio['people'][number],
  m: number,
) {
  const client = await make.client();
  const made = await make
    .booking({
      client,
      specialist,
      service,
      location: place?.location,
      room: place?.room,
      at: at.toISOString(),
      minutes: one.minutes,
    })
    .catch(() => null);
  if (made === null) return;
  const [status, created] = [one.status[m]!, new Date(at.getTime() - one.lead[m]! * HOUR).toISOString()];
  const isOff = status === 'CANCELLED' || status === 'gone';
  await api.db.query(sql.unsafe`
    update bookings set created_at = ${created}::timestamptz, status = ${status === 'gone' ? 'CANCELLED' : status},
      held_until = case when ${status} = 'PENDING' then now() end, cancelled_at = case when ${isOff} then now() end,
      confirmed_at = case when ${status} in ('gone', 'PENDING') then null else ${created}::timestamptz end
    where id = ${made}`);
}

const row = z.object({
  who: z.int(),
  room: z.int().nullable(),
  at: z.iso.datetime(),
  minutes: z.int(),
  status: z.string(),
  was: z.boolean(),
  made: z.iso.datetime(),
});
const plainRows = () =>
  api.db.any(sql.type(row)`
    select specialist_id as who, room_id as room, starts_at as at, duration_minutes as minutes, status, confirmed_at is not null as was, created_at as made from bookings
    union all
    select trainer_id, room_id, starts_at, (extract(epoch from ends_at - starts_at) / 60)::int, 'training', true, starts_at from real_trainings where status <> 'cancelled'`);
const dayAt = (at: string) => wallAt(Date.parse(at) - (Date.parse(at) % MINUTE), zone).day;

/** Quartiles as a spreadsheet has them. */
function quartiles(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other);
  return [0.25, 0.5, 0.75].map((part) => {
    if (sorted.length === 0) return null;
    const place = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return low + (high - low) * (place - Math.floor(place));
  });
}

test('the figures of random studios are those of their plain rows, minute by minute', async () => {
  const people = (await Promise.all(fc.sample(studios, { numRuns: 3, seed: 7 }).map(build))).flat();
  const rows = await plainRows();
  const { specialists, rooms, from, to } = await loadAhead(api.db, { zone, today });
  expect([from, to, specialists.length]).toEqual([today, addDays(today, 59), people.length]);
  const live = rows.filter(({ status }) => !['PENDING', 'CANCELLED'].includes(status));
  const minutesOn = (list: typeof rows, day: string) =>
    list.filter(({ at }) => dayAt(at) === day).reduce((sum, { minutes }) => sum + minutes, 0);
  for (const { id, person } of people) {
    const shown = specialists.find((one) => one.id === id)!;
    const own = live.filter(({ who }) => who === id);
    for (const day of shown.days) {
      const { free } = dayOfPerson(person, day.date);
      const open = minutesOf(day.date, zone).filter((minute) => free.has(Math.floor(wallAt(minute, zone).minute / 15))).length;
      const busy = minutesOn(own, day.date);
      const load = open === 0 ? null : Math.round((busy / open) * 10_000) / 10_000;
      expect({ id, ...day }).toEqual({ id, date: day.date, busy_minutes: busy, open_minutes: open, load });
    }
    expect(shown.busy_minutes).toBe(shown.days.reduce((sum, { busy_minutes }) => sum + busy_minutes, 0));
  }
  for (const { id, days } of rooms) {
    const own = live.filter(({ room }) => room === id);
    expect(days.map(({ busy_minutes }) => busy_minutes)).toEqual(days.map(({ date }) => minutesOn(own, date)));
  }
  expect(specialists.reduce((sum, { busy_minutes }) => sum + busy_minutes, 0)).toBeGreaterThan(0);

  const after = { zone, today: addDays(today, 40) };
  const behind = await habitsBehind(api.db, after);
  const past = rows.filter(
    ({ at, status, was }) =>
      !['PENDING', 'training'].includes(status) &&
      (status !== 'CANCELLED' || was) &&
      dayAt(at) >= addDays(after.today, -90) &&
      dayAt(at) < after.today,
  );
  const habitsOf = (list: typeof rows) => {
    const count = (status: string) => list.filter((one) => one.status === status).length;
    const rate = (part: number, whole: number) => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);
    const days = list.map(({ at, made }) => (Date.parse(dayAt(at)) - Date.parse(dayAt(made))) / 86_400_000);
    const [lead_days_q1, lead_days_median, lead_days_q3] = quartiles(days);
    return {
      ...{ bookings: list.length, no_shows: count('NO_SHOW'), cancelled: count('CANCELLED') },
      no_show_rate: rate(count('NO_SHOW'), list.length - count('CANCELLED')),
      cancellation_rate: rate(count('CANCELLED'), list.length),
      ...{ lead_days_q1, lead_days_median, lead_days_q3 },
    };
  };
  expect(behind.total).toMatchObject(habitsOf(past));
  expect(behind.total.bookings).toBeGreaterThan(10);
  const byWho = Map.groupBy(past, ({ who }) => who);
  expect(behind.specialists.map(({ specialist_id }) => specialist_id).sort()).toEqual([...byWho.keys()].sort());
  for (const one of behind.specialists) expect(one).toMatchObject(habitsOf(byWho.get(one.specialist_id!)!));
}, 120_000);

test('the route answers from today on, as figures or as a table, to staff alone', async () => {
  const { body } = await api.get('/api/reports/load-ahead');
  const now = dayOf(new Date(), api.fleet.settings.zone);
  expect([body.from, body.to, body.behind.from, body.behind.to]).toEqual([
    now,
    addDays(now, 59),
    addDays(now, -90),
    addDays(now, -1),
  ]);
  expect(body.specialists[0].days.length).toBe(60);
  const table = await fetch(`${api.url}/api/reports/load-ahead?format=csv`, { headers: { 'X-API-Key': api.all } });
  const lines = (await table.text()).trim().split('\n');
  expect(lines.length).toBe(1 + 60 * (body.specialists.length + body.rooms.length));
  expect(lines[0]).toContain('busy_minutes');
});

test('of a studio without bookings there is nothing to divide by', async () => {
  const { total, specialists } = await habitsBehind(api.db, { zone, today: '2020-01-01' });
  const none = { no_show_rate: null, cancellation_rate: null, lead_days_q1: null, lead_days_median: null, lead_days_q3: null };
  expect([specialists, total]).toEqual([
    [],
    { specialist_id: null, specialist: null, bookings: 0, no_shows: 0, cancelled: 0, ...none },
  ]);
});
