import { dayAfter, n, type Period, partOf, type Row, type Studio, sum, within } from './slow.ts';

type States = { active: Set<number>; frozen: Set<number> };
const known = new WeakMap<Studio, Map<string, States>>();

/** Who is active on a day, and who is frozen and not active otherwise, by id (R23). */
export function statesOn(studio: Studio, day: string): States {
  const days = known.get(studio) ?? new Map<string, States>();
  known.set(studio, days);
  const found = days.get(day) ?? readStates(studio, day);
  days.set(day, found);
  return found;
}

function readStates(studio: Studio, day: string): States {
  const [active, asleep] = [new Set<number>(), new Set<number>()];
  for (const held of studio.student_subscriptions) {
    const over = held.status === 'cancelled' ? String(held.cancelled_on) : '9999-12-31';
    if (day < String(held.start_date) || day > String(held.end_date) || day >= over) continue;
    const isFrozen = studio.subscription_freezes.some(
      (one) => one.student_subscription_id === held.id && String(one.first_day) <= day && day <= String(one.last_day),
    );
    (isFrozen ? asleep : active).add(n(held.student_id));
  }
  const month = { first: dayAfter(day, -30), last: day };
  const near = new Set(
    studio.real_trainings.filter((one) => one.status !== 'cancelled' && within(month, one.training_date)).map(({ id }) => id),
  );
  for (const seat of studio.real_training_students)
    if (seat.status === 'PRESENT' && near.has(n(seat.real_training_id))) active.add(n(seat.student_id));
  return { active, frozen: new Set([...asleep].filter((id) => !active.has(id))) };
}

const registered = (studio: Studio, period: Period) => {
  const merged = new Set(studio.users.filter((one) => one.merged_into !== null).map(({ id }) => id));
  return studio.students.filter((one) => !merged.has(one.id) && within(period, one.registration_date));
};

export function studentsIn(studio: Studio, period: Period) {
  const [before, after] = [statesOn(studio, dayAfter(period.first, -1)), statesOn(studio, period.last)];
  const churned = [...before.active].filter((id) => !after.active.has(id) && !after.frozen.has(id)).length;
  return {
    new: registered(studio, period).length,
    active_at_start: before.active.size,
    active: after.active.size,
    frozen: after.frozen.size,
    churned,
    churn: partOf(churned, before.active.size),
  };
}

/** The last day of the month that is so many months after a day's own. */
const monthEnd = (day: string, months: number) =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) + months, 0)).toISOString().slice(0, 10);

/** Cohorts of those who registered in a span, by month. */
export function retentionIn(studio: Studio, span: Period, today: string) {
  const cohorts = Map.groupBy(registered(studio, span), (one) => `${String(one.registration_date).slice(0, 7)}-01`);
  return [...cohorts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([period, all]) => {
      const looks = Array.from({ length: 12 }, (_, n) => {
        const day = monthEnd(period, n + 1);
        const stayed = day <= today ? all.filter(({ id }) => statesOn(studio, day).active.has(id)).length : 0;
        return [`month_${n + 1}`, day <= today ? partOf(stayed, all.length) : null];
      });
      return { period, students: all.length, ...Object.fromEntries(looks) };
    })
    .filter((row) => monthEnd(row.period, 1) <= today);
}

const minutesOf = (training: Row) => (Date.parse(String(training.ends_at)) - Date.parse(String(training.starts_at))) / 60_000;
const nameOf = (studio: Studio, id: number) => {
  const person = studio.users.find((one) => one.id === id);
  return [person?.first_name, person?.last_name].filter((part) => part).join(' ');
};

/** What each trainer gave in a period. */
export function trainersIn(studio: Studio, period: Period) {
  const trainings = studio.real_trainings.filter((one) => one.status === 'completed' && within(period, one.training_date));
  const booked = studio.bookings.filter((one) => one.status === 'COMPLETED' && within(period, studio.dayOf(one.starts_at)));
  const ids = [...new Set([...trainings.map((one) => n(one.trainer_id)), ...booked.map((one) => n(one.specialist_id))])];
  return ids
    .sort((one, other) => one - other)
    .map((id) => {
      const [own, hours] = [trainings.filter((one) => one.trainer_id === id), booked.filter((one) => one.specialist_id === id)];
      const given = new Set(own.map((one) => one.id));
      const minutes = sum(own.map(minutesOf)) + sum(hours.map((one) => n(one.duration_minutes)));
      return {
        period: period.first,
        trainer_id: id,
        trainer: nameOf(studio, id),
        trainings: own.length,
        substituted: own.filter((one) => one.regular_trainer_id !== null).length,
        bookings: hours.length,
        heads: studio.real_training_students.filter((one) => one.status === 'PRESENT' && given.has(n(one.real_training_id)))
          .length,
        minutes,
        hours: Math.round((minutes / 60) * 100) / 100,
      };
    });
}

/** How each room was used in a period. */
export function loadIn(studio: Studio, period: Period) {
  const taken = [
    ...studio.real_trainings
      .filter((one) => one.status !== 'cancelled' && within(period, one.training_date))
      .map((one) => ({ room: one.room_id, minutes: minutesOf(one) })),
    ...studio.bookings
      .filter((one) => one.status !== 'CANCELLED' && within(period, studio.dayOf(one.starts_at)))
      .map((one) => ({ room: one.room_id, minutes: n(one.duration_minutes) })),
  ];
  return studio.rooms
    .map((room) => {
      let open = 0;
      for (let day = period.first; day <= period.last; day = dayAfter(day)) open += openOn(studio, n(room.location_id), day);
      const used = sum(taken.filter((one) => one.room === room.id).map(({ minutes }) => minutes));
      const row = { period: period.first, room_id: room.id, room: room.name };
      return { ...row, used_minutes: used, open_minutes: open, load: partOf(used, open) };
    })
    .sort((one, other) => one.room_id - other.room_id);
}

const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Minutes a location is open on a day: its hours of the week, those of that day instead, none on a day off. */
function openOn(studio: Studio, locationId: number, day: string) {
  const place = studio.locations.find(({ id }) => id === locationId);
  const own = studio.calendar_overrides.find((one) => one.location_id === locationId && one.day === day);
  const isOff = studio.calendar_days.some(
    (one) =>
      one.kind === 'off' &&
      one.date === day &&
      (one.location_id === null ? !place?.works_on_off_days : one.location_id === locationId),
  );
  const week = place?.work_schedule as Record<string, [string, string][]>;
  const hours = (own?.intervals as [string, string][]) ?? (isOff ? [] : week[(new Date(day).getUTCDay() + 6) % 7]);
  return sum((hours ?? []).map(([from, to]) => minuteOf(to) - minuteOf(from)));
}

/** Who owes what is past due, by how late it is. */
export function debtorsOn(studio: Studio, today: string) {
  const late = studio.invoices
    .filter((one) => one.status === 'UNPAID')
    .map((one) => ({ payer: n(one.payer_id), minor: n(one.amount_minor), due: one.due_date ?? studio.dayOf(one.created_at) }))
    .map((one) => ({ ...one, days: (Date.parse(today) - Date.parse(String(one.due))) / 86_400_000 }))
    .filter(({ days }) => days >= 1);
  return [...Map.groupBy(late, ({ payer }) => payer)]
    .map(([payer_id, own]) => {
      const of = (least: number, most: number) =>
        sum(own.filter(({ days }) => days >= least && days <= most).map(({ minor }) => minor));
      return {
        payer_id,
        payer: nameOf(studio, payer_id),
        invoices: own.length,
        owed_minor: of(1, 1e9),
        days_1_7_minor: of(1, 7),
        days_8_30_minor: of(8, 30),
        days_over_30_minor: of(31, 1e9),
        oldest_days: Math.max(...own.map(({ days }) => days)),
      };
    })
    .sort((one, other) => other.owed_minor - one.owed_minor || one.payer_id - other.payer_id);
}

/** What ends within thirty days and renews itself. */
export function renewalsOn(studio: Studio, today: string) {
  const renewed = new Set(studio.student_subscriptions.map((one) => one.renewed_from_id));
  const people = new Map(studio.users.map((one) => [one.id, one]));
  return studio.student_subscriptions
    .filter((one) => (one.status === 'active' || one.status === 'frozen') && one.is_auto_renew && !renewed.has(one.id))
    .filter(
      (one) => within({ first: today, last: dayAfter(today, 30) }, one.end_date) && people.get(n(one.student_id))?.is_active,
    )
    .sort((one, other) => String(one.end_date).localeCompare(String(other.end_date)) || one.id - other.id)
    .map((held) => {
      const type = studio.subscriptions.find(({ id }) => id === held.subscription_id) as Row;
      return {
        id: held.id,
        student_id: n(held.student_id),
        student: nameOf(studio, n(held.student_id)),
        subscription: type.name,
        end_date: held.end_date,
        expected_minor: type.is_active ? n(type.price_minor) : 0,
        no_longer_sold_minor: type.is_active ? 0 : n(type.price_minor),
      };
    });
}
