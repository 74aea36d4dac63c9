import type { Day } from '../../queues/time/calendar.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { EVERYTHING, type Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { dueLines, insertSheet, sumDue } from '../../sql/pay/due.ts';
import type { PayLine } from '../../sql/pay/rows.ts';
import { findSheet, firstClosed, insertPayout, linesOfSheet, listTrainers, lockPay } from '../../sql/pay/sheets.ts';
import { Refused } from '../refusal.ts';
import { isMonthOver, lastDayOf, monthAfter, nextMonth, stateOf } from './policy.ts';

const missing = (trainerId: number) => new Refused('missing', `there is no trainer ${trainerId}`);

/** Trainers of a month: what it comes to, or came to. Whoever works here no more is left out where there is nothing. @param month its first day */
export async function sheetsOfMonth(db: Sql, month: Day, whose: Whose) {
  const begun = await firstClosed(db);
  const trainers = await listTrainers(db, { month, whose });
  const trainerId = whose.everything ? null : whose.trainer;
  const sums = new Map((await sumDue(db, { month, begun, trainerId })).map((sum) => [sum.trainer_id, sum]));
  return trainers
    .map(({ sheet_total_minor, last_month, corrections_minor, ...trainer }) => {
      const due = sums.get(trainer.trainer_id);
      const isClosed = sheet_total_minor !== null;
      return {
        ...trainer,
        state: stateOf(month, { isClosed, next: nextMonth({ last: last_month, begun }) }),
        total_minor: sheet_total_minor ?? due?.total_minor ?? 0,
        corrections_minor: isClosed ? corrections_minor : (due?.corrections_minor ?? 0),
        lines: due?.lines ?? 0,
      };
    })
    .filter(({ is_active, state, lines, owed_minor }) => is_active || state === 'closed' || lines > 0 || owed_minor !== 0)
    .map(({ lines: _, is_active: _active, ...row }) => row);
}

/** A month of a trainer with its lines. Throws `missing` where there is no such trainer. @param month its first day */
export async function paySheetOf(db: Sql, trainerId: number, month: Day, today: Day) {
  const [trainer] = await listTrainers(db, { month, trainerId, whose: EVERYTHING });
  if (!trainer) throw missing(trainerId);
  const { sheet_total_minor: _, is_active: _active, last_month, corrections_minor: _corrections, ...standing } = trainer;
  const begun = await firstClosed(db);
  const sheet = await findSheet(db, trainerId, month);
  const next = nextMonth({ last: last_month, begun });
  const state = stateOf(month, { isClosed: sheet !== null, next });
  const lines: readonly PayLine[] = sheet ? await linesOfSheet(db, sheet.id) : await dueLines(db, { month, begun, trainerId });
  return {
    ...standing,
    month,
    state,
    is_over: isMonthOver(month, today),
    waits_for: state === 'open' ? await waitsFor(db, { trainerId, month, begun, next }) : null,
    corrections_come_in: state === 'open' ? null : next,
    total_minor: sheet?.total_minor ?? lines.reduce((sum, { amount_minor }) => sum + amount_minor, 0),
    lines,
  };
}

/** The month that has to be closed first, because something in it is not paid yet; null: none. */
async function waitsFor(
  db: Sql,
  of: { trainerId: number; month: Day; begun: Day | null; next: Day | null },
): Promise<Day | null> {
  if (of.next === null) return null;
  for (let month = of.next; month < of.month; month = monthAfter(month)) {
    const [due] = await sumDue(db, { month, begun: of.begun, trainerId: of.trainerId });
    if (due) return month;
  }
  return null;
}

type Closing = { trainerId: number; month: Day; seen: number | null; today: Day; by: string };

/**
 * Closes a month of a trainer: its lines stand from then on, and what changes later comes as corrections in the next. Of two who
 * close at once one does; the other gets a `conflict` that names who and when. A `conflict` also where the month is not over, an
 * earlier one is to be closed first or a later one was, and where it comes to something else than was seen.
 * @param of.seen what it came to when somebody decided to close it, in minor units; null: whatever it comes to
 */
export async function closeMonth(transaction: Sql, { trainerId, month, seen, today, by }: Closing) {
  await lockPay(transaction);
  const sheet = await paySheetOf(transaction, trainerId, month, today);
  if (sheet.state === 'closed')
    throw new Refused('conflict', `the month was closed already, by ${sheet.closed_by}`, {
      closed_by: sheet.closed_by,
      closed_at: sheet.closed_at,
    });
  if (sheet.state === 'passed')
    throw new Refused(
      'conflict',
      `the month lies before one that is closed: what is missing comes in ${sheet.corrections_come_in}`,
    );
  if (!sheet.is_over)
    throw new Refused('conflict', `the month is not over: it can be closed from ${addDays(lastDayOf(month), 1)} on`);
  if (sheet.waits_for) throw new Refused('conflict', `close ${sheet.waits_for} first`, { waits_for: sheet.waits_for });
  if (seen !== null && seen !== sheet.total_minor)
    throw new Refused('conflict', `the month comes to ${sheet.total_minor} by now`, { total_minor: sheet.total_minor });
  const begun = await firstClosed(transaction);
  await insertSheet(transaction, { trainerId, month, begun }, by);
  return paySheetOf(transaction, trainerId, month, today);
}

type Payout = { trainerId: number; amountMinor: number; method: string; by: string; personId: number | null };

/** Notes that a trainer was paid. Throws a `conflict` for more than closed sheets came to and was not paid out yet. */
export async function payOut(transaction: Sql, payout: Payout, today: Day) {
  await lockPay(transaction);
  const [trainer] = await listTrainers(transaction, {
    month: `${today.slice(0, 7)}-01`,
    trainerId: payout.trainerId,
    whose: EVERYTHING,
  });
  if (!trainer) throw missing(payout.trainerId);
  if (payout.amountMinor > trainer.owed_minor)
    throw new Refused('conflict', `closed sheets owe ${Math.max(0, trainer.owed_minor)}`, {
      owed_minor: trainer.owed_minor,
    });
  const row = await insertPayout(transaction, payout);
  return { payout: row, owed_minor: trainer.owed_minor - row.amount_minor };
}
