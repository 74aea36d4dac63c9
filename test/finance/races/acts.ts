import { markAttendance, markLatecomers } from '../../../sql/attendance/attendance.ts';
import { sql } from '../../../sql/database/database.ts';
import { cancelInvoice } from '../../../sql/finance/invoices.ts';
import { Refused } from '../../../workers/refusal.ts';
import { buildWeek } from '../../generation/fixtures.ts';
import { beforehand, wholeDay } from '../../support/weeks.ts';
import * as act from '../acts.ts';
import type { Act } from './arena.ts';
import { DAY, EVENING, PAYMENT, people, type trainings, WEEK } from './scene.ts';

const HOUR = 3_600_000;
type Training = (typeof trainings)[keyof typeof trainings];

export const night: Act = (db) => act.night(db, EVENING);
/** Marks who came to the scene's trainings. */
export const attend: Act = async (db) => {
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    after = await db.transaction(async (transaction) => (await markAttendance(transaction, wholeDay(DAY), from, 10)).last);
  }
  await db.transaction((transaction) => markLatecomers(transaction, wholeDay(DAY)));
};
export const pay: Act = (db) => act.pay(db, people.parent, 800);
export const takeBack: Act = (db) => act.takeBack(db, PAYMENT);
/** Gives a part of what the parent paid in back; where nothing of it is left, that is refused. */
export const refund: Act = (db) => act.refund(db, PAYMENT, 400).catch(refused);
const refused = (error: unknown) => {
  if (!(error instanceof Refused)) throw error;
};
export const generate: Act = (db) => buildWeek(db, beforehand(WEEK));
export const cancel =
  (training: Training, student: number, hours: number): Act =>
  (db) =>
    act.ask(db, 'cancel_participation', { training: training.id, student, at: training.at - hours * HOUR });
export const callOff =
  (training: Training): Act =>
  (db) =>
    act.ask(db, 'cancel_training', { training: training.id, at: training.at - HOUR });
export const add =
  (training: Training, student: number): Act =>
  (db) =>
    act.ask(db, 'add_student', { training: training.id, student, at: training.at - HOUR });
/** Waives the invoice of a student for a training. */
export const waive =
  (training: Training, student: number): Act =>
  (db) =>
    db.transaction(async (transaction) => {
      const id = await transaction.maybeOneFirst(sql.unsafe`
        select invoice_id from real_training_students where real_training_id = ${training.id} and student_id = ${student}`);
      if (id) await cancelInvoice(transaction, Number(id), 'test');
    });
