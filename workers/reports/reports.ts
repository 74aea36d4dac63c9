import { addDays } from '../../queues/time/calendar.ts';
import { debtorsOn, listDebts, renewalsBetween } from '../../sql/reports/debts.ts';
import { listEntries, sumEntries, sumEntriesByPerson } from '../../sql/reports/entries.ts';
import { openMinutes } from '../../sql/reports/open-minutes.ts';
import { settledUntil, settledVisits } from '../../sql/reports/settled.ts';
import { cohortsOf, countStudents, listStates } from '../../sql/reports/students.ts';
import { type Figures, MOST_EXPLAINED, periodsIn, type Report, rateOf } from './report.ts';
import { revenue } from './revenue.ts';

const RENEWAL_DAYS = 30;
const numbers = (row: Figures, ...names: string[]) => names.map((name) => Number(row[name] ?? 0));

const VISITS = ['trainings_held', 'trainings_cancelled', 'present', 'absent'] as const;

/** Who came: present of those present and absent (R24). */
const attendance: Report = {
  async rows(db, span) {
    const settled = await settledUntil(db, span.zone);
    const days =
      settled === null ? [] : await settledVisits(db, { from: span.from, until: settled < span.to ? settled : span.to });
    const later = settled !== null && settled >= span.from ? addDays(settled, 1) : span.from;
    const sums = later > span.to ? [] : await sumEntries(db, 'attendance', { ...span, from: later });
    return periodsIn(span).map(({ first, last }) => {
      const own = [
        ...days.filter(({ day }) => first <= day && day <= last),
        ...sums.filter((row) => first <= row.first && row.first <= last).map(({ figure, value }) => ({ [figure]: value })),
      ] as Partial<Record<(typeof VISITS)[number], number>>[];
      const row = {
        period: first,
        ...Object.fromEntries(VISITS.map((name) => [name, own.reduce((sum, one) => sum + (one[name] ?? 0), 0)])),
      };
      return { ...row, ...attendanceRates(row) };
    });
  },
  rates: attendanceRates,
  explain: (db, span) => listEntries(db, 'attendance', span, MOST_EXPLAINED),
};

function attendanceRates(row: Figures): Figures {
  const [present = 0, absent = 0, held = 0] = numbers(row, 'present', 'absent', 'trainings_held');
  return { rate: rateOf(present, present + absent), average: held === 0 ? null : Math.round((present / held) * 100) / 100 };
}

/** Students: new, active, frozen, and who has left (R23). */
const students: Report = {
  async rows(db, span) {
    const sums = await sumEntries(db, 'newcomers', span);
    const counted = await countStudents(db, periodsIn(span));
    return counted.map(({ first, last: _last, ...counts }) => ({
      period: first,
      new: sums.find((row) => row.first === first)?.value ?? 0,
      ...counts,
      churn: rateOf(counts.churned, counts.active_at_start),
    }));
  },
  states: ['active_at_start', 'active', 'frozen', 'churn'],
  async explain(db, span) {
    const states = await listStates(db, [addDays(span.from, -1), span.to], MOST_EXPLAINED);
    return [
      ...(await listEntries(db, 'newcomers', span, MOST_EXPLAINED)),
      ...states.map(({ day, student_id, is_active }) => ({
        day,
        figure: is_active ? 'active' : 'frozen',
        source: 'student',
        source_id: student_id,
        person_id: student_id,
        value: 1,
      })),
    ];
  },
};

/** Of those who registered in a month, who is active 1 to 12 months later (R23). */
const retention: Report = {
  hasNoTotal: true,
  async rows(db, { from, to }, today) {
    const cohorts = Map.groupBy(await cohortsOf(db, { from, to, today }), ({ cohort }) => cohort);
    return [...cohorts].map(([period, looks]) => ({
      period,
      students: looks[0]?.students ?? 0,
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => {
          const look = looks.find(({ months }) => months === n + 1);
          return [`month_${n + 1}`, look ? rateOf(look.active, look.students) : null];
        }),
      ),
    }));
  },
  explain: (db, span) => listEntries(db, 'newcomers', span, MOST_EXPLAINED),
};

/** How rooms are used: minutes of trainings and bookings of those they are open (R24). */
const load: Report = {
  async rows(db, span) {
    const used = await sumEntriesByPerson(db, 'rooms', span);
    const open = await openMinutes(db, span);
    const keys = new Map(
      [...open, ...used.map((row) => ({ ...row, room_id: row.person_id, room: row.person }))].map((row) => [
        `${row.first} ${row.room_id}`,
        row,
      ]),
    );
    return [...keys.values()]
      .map(({ first, room_id, room }) => {
        const of = { room_id, first };
        const usedMinutes = used.find((row) => row.first === of.first && row.person_id === of.room_id)?.value ?? 0;
        const openOnes = open.find((row) => row.first === of.first && row.room_id === of.room_id)?.minutes ?? 0;
        const row = { period: first, room_id, room, used_minutes: usedMinutes, open_minutes: openOnes };
        return { ...row, ...loadRates(row) };
      })
      .sort((one, other) => one.period.localeCompare(other.period) || one.room_id - other.room_id);
  },
  rates: loadRates,
  explain: (db, span) => listEntries(db, 'rooms', span, MOST_EXPLAINED),
};

function loadRates(row: Figures): Figures {
  const [used = 0, open = 0] = numbers(row, 'used_minutes', 'open_minutes');
  return { load: rateOf(used, open) };
}

/** What trainers gave: of a substitute what they gave, not the one whose training it was (R14). */
const trainers: Report = {
  async rows(db, span) {
    const sums = await sumEntriesByPerson(db, 'trainers', span);
    return [...Map.groupBy(sums, ({ first, person_id }) => `${first} ${person_id}`).values()].map((own) => {
      const [{ first, person_id, person }] = own as [(typeof own)[number]];
      const of = (figure: string) => own.find((row) => row.figure === figure)?.value ?? 0;
      const row = {
        period: first,
        trainer_id: person_id,
        trainer: person,
        trainings: of('trainings'),
        substituted: of('substituted'),
        bookings: of('bookings'),
        heads: of('heads'),
        minutes: of('minutes'),
      };
      return { ...row, ...hours(row) };
    });
  },
  rates: hours,
  explain: (db, span) => listEntries(db, 'trainers', span, MOST_EXPLAINED),
};

function hours(row: Figures): Figures {
  const [minutes = 0] = numbers(row, 'minutes');
  return { hours: Math.round((minutes / 60) * 100) / 100 };
}

/** Who owes what is past due today. */
const debtors: Report = {
  rows: async (db, { zone }, today) => [...(await debtorsOn(db, today, zone))],
  states: ['oldest_days'],
  explain: async (db, { zone }, today) =>
    (await listDebts(db, today, zone, MOST_EXPLAINED)).map(({ id, payer_id, amount_minor, due_date }) => ({
      day: due_date,
      figure: 'owed_minor',
      source: 'invoice',
      source_id: id,
      person_id: payer_id,
      value: amount_minor,
    })),
};

/** Renewals that are expected in the next 30 days, at today's prices; what is no longer sold stands apart. */
const renewals: Report = {
  async rows(db, _span, today) {
    const due = await renewalsBetween(db, today, addDays(today, RENEWAL_DAYS));
    return due.map(({ price_minor, is_sold, ...row }) => ({
      ...row,
      expected_minor: is_sold ? price_minor : 0,
      no_longer_sold_minor: is_sold ? 0 : price_minor,
    }));
  },
  async explain(db, _span, today) {
    const due = await renewalsBetween(db, today, addDays(today, RENEWAL_DAYS));
    return due.map(({ id, student_id, end_date, price_minor, is_sold }) => ({
      day: end_date,
      figure: is_sold ? 'expected_minor' : 'no_longer_sold_minor',
      source: 'subscription',
      source_id: id,
      person_id: student_id,
      value: price_minor,
    }));
  },
};

export const reports = { revenue, attendance, students, retention, load, debtors, renewals, trainers };
export type ReportName = keyof typeof reports;
