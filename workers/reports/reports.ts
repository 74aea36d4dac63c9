import { addDays } from '../../queues/time/calendar.ts';
import { debtorsOn, listDebts, renewalsBetween } from '../../sql/reports/debts.ts';
import { listEntries, sumEntries, sumEntriesByPerson } from '../../sql/reports/entries.ts';
import { listOpenMinutes, openMinutes } from '../../sql/reports/open-minutes.ts';
import { settledUntil, settledVisits } from '../../sql/reports/settled.ts';
import { cohortsOf, countStudents, listCohorts, listStates } from '../../sql/reports/students.ts';
import { type Figures, isMore, isNamed, partsFrom, periodsIn, type Report, rateOf, simpleFigures } from './report.ts';
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
  figures: { ...simpleFigures(...VISITS), rate: partsFrom('present', 'absent'), average: partsFrom('present', 'trainings_held') },
  explain: (db, span, _today, asked) => listEntries(db, 'attendance', span, asked),
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
  figures: {
    ...simpleFigures('new', 'active_at_start', 'active', 'frozen', 'churned'),
    churn: partsFrom('churned', 'active_at_start'),
  },
  explain: async (db, span, _today, asked) => [
    ...(asked.figures === null || isNamed(asked, 'new') ? await listEntries(db, 'newcomers', span, asked) : []),
    ...(isMore(asked, 'new') ? await listStates(db, { first: span.from, last: span.to }, asked) : []),
  ],
};

const MONTHS = Array.from({ length: 12 }, (_, n) => `month_${n + 1}`);

/** Of those who registered in a month, who is active 1 to 12 months later (R23). */
const retention: Report = {
  hasNoTotal: true,
  async rows(db, { from, to }, today) {
    const cohorts = Map.groupBy(await cohortsOf(db, { from, to, today }), ({ cohort }) => cohort);
    return [...cohorts].map(([period, looks]) => ({
      period,
      students: looks[0]?.students ?? 0,
      ...Object.fromEntries(
        MONTHS.map((month, n) => {
          const look = looks.find(({ months }) => months === n + 1);
          return [month, look ? rateOf(look.active, look.students) : null];
        }),
      ),
    }));
  },
  figures: simpleFigures('students', ...MONTHS),
  async explain(db, span, today, asked) {
    if (isNamed(asked, ...MONTHS)) return listCohorts(db, { from: span.from, to: span.to, today }, asked);
    const joined = await listEntries(db, 'newcomers', span, { ...asked, figures: null });
    return joined.map((row) => ({ ...row, figure: 'students' }));
  },
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
        const usedMinutes = used.find((row) => row.first === first && row.person_id === room_id)?.value ?? 0;
        const openOnes = open.find((row) => row.first === first && row.room_id === room_id)?.minutes ?? 0;
        const row = { period: first, room_id, room, used_minutes: usedMinutes, open_minutes: openOnes };
        return { ...row, ...loadRates(row) };
      })
      .sort((one, other) => one.period.localeCompare(other.period) || one.room_id - other.room_id);
  },
  rates: loadRates,
  figures: { ...simpleFigures('used_minutes', 'open_minutes'), load: partsFrom('used_minutes', 'open_minutes') },
  explain: async (db, span, _today, asked) => [
    ...(isMore(asked, 'open_minutes') ? await listEntries(db, 'rooms', span, asked) : []),
    ...(isNamed(asked, 'open_minutes') ? await listOpenMinutes(db, span, asked) : []),
  ],
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
      const sumOf = (figure: string) => own.find((row) => row.figure === figure)?.value ?? 0;
      const row = {
        period: first,
        trainer_id: person_id,
        trainer: person,
        trainings: sumOf('trainings'),
        substituted: sumOf('substituted'),
        bookings: sumOf('bookings'),
        heads: sumOf('heads'),
        minutes: sumOf('minutes'),
      };
      return { ...row, ...hours(row) };
    });
  },
  rates: hours,
  figures: { ...simpleFigures('trainings', 'substituted', 'bookings', 'heads', 'minutes'), hours: partsFrom('minutes') },
  explain: (db, span, _today, asked) => listEntries(db, 'trainers', span, asked),
};

function hours(row: Figures): Figures {
  const [minutes = 0] = numbers(row, 'minutes');
  return { hours: Math.round((minutes / 60) * 100) / 100 };
}

/** Who owes what is past due today. */
const debtors: Report = {
  rows: async (db, { zone }, today) => [...(await debtorsOn(db, today, zone))],
  states: ['oldest_days'],
  figures: simpleFigures('invoices', 'owed_minor', 'days_1_7_minor', 'days_8_30_minor', 'days_over_30_minor', 'oldest_days'),
  explain: (db, { zone }, today, asked) => listDebts(db, today, zone, asked),
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
  figures: simpleFigures('expected_minor', 'no_longer_sold_minor'),
  async explain(db, _span, today, { figures, who, limit }) {
    const due = await renewalsBetween(db, today, addDays(today, RENEWAL_DAYS));
    return due
      .map(({ id, student_id, end_date, price_minor, is_sold }) => ({
        day: end_date,
        figure: is_sold ? 'expected_minor' : 'no_longer_sold_minor',
        source: 'subscription',
        source_id: id,
        person_id: student_id,
        value: price_minor,
      }))
      .filter(({ figure, person_id }) => (figures?.includes(figure) ?? true) && (who ?? person_id) === person_id)
      .slice(0, limit);
  },
};

export const reports = { revenue, attendance, students, retention, load, debtors, renewals, trainers };
export type ReportName = keyof typeof reports;
