import { expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { ReportSpan } from '../../sql/reports/periods.ts';
import { periodsIn } from '../../workers/reports/report.ts';
import type { Json } from '../support/front-door.ts';
import { attendanceIn, type Period, positionOn, readStudio, receivedIn, type Studio } from './slow.ts';
import { earnedOn } from './slow-earned.ts';
import { debtorsOn, loadIn, renewalsOn, retentionIn, studentsIn, trainersIn } from './slow-people.ts';
import type { StudioYear } from './studio-year.ts';

type Earned = ReturnType<typeof earnedOn>;

/** A row of money: what came in, what was earned since the end of another day, and where it stands. */
function revenueIn(studio: Studio, period: Period, before: Earned, after: Earned) {
  const earned = Object.entries(after.earned).map(([kind, minor]) => [
    kind === 'all' ? 'recognised_minor' : `recognised_${kind}_minor`,
    minor - before.earned[kind as keyof Earned['earned']],
  ]);
  return {
    ...receivedIn(studio, period),
    ...Object.fromEntries(earned),
    ...positionOn(studio, period.last),
    deferred_minor: after.deferred,
  };
}

/** Every figure of the report of money, period by period, is what the rows of the studio say. Returns its rows. */
export async function compareRevenue(year: StudioYear, by: ReportSpan['by'] = 'day') {
  const studio = await readStudio(year.api.db, year.zone);
  const { rows } = await year.report('revenue', by);
  const periods = periodsIn({ ...year, by });
  expect(rows).toHaveLength(periods.length);
  let before = earnedOn(studio, addDays(year.from, -1));
  for (const [n, period] of periods.entries()) {
    const after = earnedOn(studio, period.last);
    expect(rows[n]).toEqual({ period: period.first, ...revenueIn(studio, period, before, after) });
    before = after;
  }
  return rows as Json[];
}

/** The same of who came, who is active, what was given and where, by the day and by longer periods. Returns how many figures were not nothing. */
export async function compareOthers(year: StudioYear, by: ReportSpan['by']) {
  const studio = await readStudio(year.api.db, year.zone);
  const slow: [string, (period: Period) => object[]][] = [
    ['attendance', (period) => [{ period: period.first, ...attendanceIn(studio, period) }]],
    ['students', (period) => [{ period: period.first, ...studentsIn(studio, period) }]],
    ['trainers', (period) => trainersIn(studio, period)],
    ['load', (period) => loadIn(studio, period)],
  ];
  const seen: Record<string, number> = {};
  for (const [name, of] of slow) {
    const rows = [...(await year.report(name, by)).rows] as Json[];
    const expected = periodsIn({ ...year, by }).flatMap(of);
    rows.sort((one, other) => one.period.localeCompare(other.period) || (one.trainer_id ?? 0) - (other.trainer_id ?? 0));
    expect({ name, rows }).toEqual({ name, rows: expected });
    for (const row of rows) for (const [figure, value] of Object.entries(row)) if (value) seen[figure] = (seen[figure] ?? 0) + 1;
  }
  return seen;
}

/** What is of no period: cohorts, debts, and what will be renewed. Returns how many rows of each there are. */
export async function compareStanding(year: StudioYear) {
  const studio = await readStudio(year.api.db, year.zone);
  const today = dayOf(new Date(), year.zone);
  const since = addDays(year.from, -400);
  const cohorts = (await year.api.get(`/api/reports/retention?from=${since}&to=${year.to}`)).body.rows;
  expect(cohorts).toEqual(retentionIn(studio, { first: since, last: year.to }, today));
  const [debtors, renewals] = [(await year.report('debtors')).rows, (await year.report('renewals')).rows];
  expect(debtors).toEqual(debtorsOn(studio, today));
  expect(renewals).toEqual(renewalsOn(studio, today));
  return { cohorts: cohorts.length, debtors: debtors.length, renewals: renewals.length };
}
