import type { Database, Sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { lockPayment, receivePayment, takeBackPayment } from '../../sql/finance/payments.ts';
import { type FinanceRequest, writeRequest } from '../../sql/finance/requests.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { refundPayment } from '../../workers/finance/refund.ts';

/** What happens to money, as a route and a worker do it. Everything goes through `db`, a chunk or a decision a transaction. */

/** A whole night of a business day. */
export async function night(db: Sql, date: string, runId: number | null = null) {
  let progress = initialNightProgress;
  while (!progress.done) progress = await db.transaction((transaction) => chargeChunk(transaction, date, progress, runId));
  return progress;
}

/** Asks as the route does, and decides as the worker does. `at` is when it reaches the route. */
export async function ask(
  db: Database,
  kind: FinanceRequest['kind'],
  fields: { training: number; student?: number; at: number },
) {
  const request = await writeRequest(db, {
    kind,
    trainingId: fields.training,
    studentId: fields.student,
    reason: 'test',
    requestedAt: new Date(fields.at),
    by: 'test',
    requestId: 'test',
  });
  return answerRequest(db, request.id, 'Europe/Moscow');
}

export const pay = (db: Sql, payerId: number, amountMinor: number) =>
  db.transaction((transaction) => receivePayment(transaction, { payerId, amountMinor, method: 'cash', createdBy: 'test' }));

/** Gives a part of a payment back, unpaying invoices for it. */
export const refund = (db: Sql, paymentId: number, amountMinor: number) =>
  db.transaction((transaction) =>
    refundPayment(transaction, {
      paymentId,
      amountMinor,
      method: null,
      reason: 'test',
      takeBack: true,
      by: 'test',
      personId: null,
    }),
  );

/** Returns how many invoices are owed again; 0 when the payment was taken back before. */
export const takeBack = (db: Sql, id: number) =>
  db.transaction(async (transaction) => {
    const payment = await lockPayment(transaction, id);
    return payment && !payment.cancelled_at ? takeBackPayment(transaction, payment, 'test') : 0;
  });
