import { runs } from '../../../queues/jobs/catalog.ts';
import { addDays, type Day } from '../../../queues/time/calendar.ts';
import { ownersToTell } from '../../../sql/auth/owners.ts';
import type { Sql } from '../../../sql/database/database.ts';
import { notifyPeople } from '../../../sql/notifications/notify.ts';
import { debtorsOn, renewalsBetween } from '../../../sql/reports/debts.ts';
import { sumEntries } from '../../../sql/reports/entries.ts';
import { reports } from '../../reports/reports.ts';
import type { RunHandler } from '../../runner/execute.ts';

const RENEWAL_DAYS = 30;

/** Tells each owner how the run's month was, once a month and owner. Debtors and renewals are those of the day after it. */
export const monthDigest: RunHandler = async (run, { settings, db, chunk }) => {
  const { month } = runs.month_digest.params.parse(run.params);
  const params = await figuresOf(db, month, settings.zone);
  const result = await chunk(async (transaction) => ({
    owners: await notifyPeople(
      transaction,
      (await ownersToTell(transaction)).map((userId) => ({
        userId,
        template: 'month_digest' as const,
        dedupe: `month_digest:${month.slice(0, 7)}:${userId}`,
        params,
      })),
    ),
  }));
  return { status: 'success', result, details: {}, counts: {} };
};

/** What the reports say of a month; all of it can be looked up there. */
async function figuresOf(db: Sql, month: Day, zone: string) {
  const after = `${addDays(month, 31).slice(0, 7)}-01`;
  const span = { from: month, to: addDays(after, -1), by: 'month', zone } as const;
  const [revenue] = await reports.revenue.rows(db, span, after);
  const [attendance] = await reports.attendance.rows(db, span, after);
  const [students] = await reports.students.rows(db, span, after);
  const received = await sumEntries(db, 'received', { ...span, by: 'day' });
  const netOn = (day: Day) =>
    received
      .filter(({ first }) => first === day)
      .reduce((sum, { figure, value }) => sum + (SIGNS[figure as keyof typeof SIGNS] ?? 0) * value, 0);
  const days = Array.from({ length: Number(span.to.slice(8)) }, (_, n) => addDays(month, n));
  const debtors = await debtorsOn(db, after, zone);
  const renewals = (await renewalsBetween(db, after, addDays(after, RENEWAL_DAYS))).filter(({ is_sold }) => is_sold);
  return {
    month,
    net_minor: Number(revenue?.net_minor ?? 0),
    recognised_minor: Number(revenue?.recognised_minor ?? 0),
    attendance: attendance?.rate === null || attendance?.rate === undefined ? null : Number(attendance.rate),
    trainings: Number(attendance?.trainings_held ?? 0),
    new_students: Number(students?.new ?? 0),
    active_students: Number(students?.active ?? 0),
    renewals: renewals.length,
    renewals_minor: renewals.reduce((sum, { price_minor }) => sum + price_minor, 0),
    debtors: debtors.length,
    owed_minor: debtors.reduce((sum, { owed_minor }) => sum + owed_minor, 0),
    days_minor: days.map(netOn),
  };
}

const SIGNS = { gross_minor: 1, refunded_minor: -1, cancelled_minor: -1 };
