import { expect } from '@jest/globals';
import { z } from 'zod';
import { markAttendance, markLatecomers } from '../../../sql/attendance/attendance.ts';
import { sql } from '../../../sql/database/database.ts';
import { cancelInvoice } from '../../../sql/finance/invoices.ts';
import { wholeDay } from '../../support/weeks.ts';
import { ask, night, pay, takeBack } from '../acts.ts';
import type { Step } from './arbitraries.ts';
import { type Both, day } from './building.ts';

type Take<D extends Step['do']> = (both: Both, step: Extract<Step, { do: D }>) => Promise<unknown>;

/** Takes a step in the database and in the model; where somebody is answered, the answers must agree. */
export const take = (both: Both, step: Step) => (taking[step.do] as Take<Step['do']>)(both, step);

const taking: { [D in Step['do']]: Take<D> } = {
  night({ db, model }, { day: on }) {
    model.night(day(on));
    return night(db, day(on));
  },
  attend({ db, model }, { day: on }) {
    model.attend(day(on));
    return db.transaction(async (transaction) => {
      await markAttendance(transaction, wholeDay(day(on)), 0, 100);
      await markLatecomers(transaction, wholeDay(day(on)));
    });
  },
  async pay({ db, model, people }, { payer, amount }) {
    const payerId = people[payer] as number;
    const { payment } = await pay(db, payerId, amount);
    model.pay(payerId, amount, payment.id);
  },
  async takeBack({ db, model }, step) {
    const payment = model.payments[step.payment];
    if (!payment) return;
    await takeBack(db, payment.id);
    model.takeBack(payment);
  },
  async waive({ db, model }, step) {
    const invoice = model.invoices[step.invoice];
    if (!invoice) return;
    const id = await db.oneFirst(
      sql.type(z.object({ id: z.int() }))`select id from invoices order by id offset ${step.invoice} limit 1`,
    );
    await db.transaction((transaction) => cancelInvoice(transaction, id, 'test'));
    model.waive(invoice);
  },
  async payer({ db, model, people }, step) {
    const [student, payer] = [people[step.student] as number, people[step.payer] as number];
    await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
    model.payerOf.set(student, payer);
  },
  async price({ db, model }, step) {
    const training = model.trainings[step.training];
    if (!training || training.processed) return;
    training.price = step.price;
    await db.query(sql.unsafe`update real_trainings set price_minor = ${step.price} where id = ${training.id}`);
  },
  async cancel({ db, model, people }, step) {
    const training = model.trainings[step.training];
    if (!training) return;
    const [student, at] = [people[step.student] as number, training.startsAt - step.ahead * 1_000];
    const said = model.cancelSeat(training.id, student, at);
    const decision = await ask(db, 'cancel_participation', { training: training.id, student, at });
    if (said === 'refused') expect(decision?.refused).toBeDefined();
    else if (said === 'again') expect(decision?.refused).toBeUndefined();
    else if (said !== 'over') expect(decision).toMatchObject({ answer: { outcome: said } });
  },
  async callOff({ db, model }, step) {
    const training = model.trainings[step.training];
    if (!training) return;
    const at = training.startsAt - step.ahead * 1_000;
    const said = model.cancelTraining(training.id, at);
    const decision = await ask(db, 'cancel_training', { training: training.id, at });
    expect(Boolean(decision?.refused)).toBe(said === 'refused');
  },
  async add({ db, model, people }, step) {
    const training = model.trainings[step.training];
    if (!training) return;
    const [student, at] = [people[step.student] as number, training.startsAt - step.ahead * 1_000];
    const said = model.add(training.id, student, at);
    const decision = await ask(db, 'add_student', { training: training.id, student, at });
    expect(Boolean(decision?.refused)).toBe(said === 'refused');
  },
};
