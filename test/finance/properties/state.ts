import { z } from 'zod';
import { type Database, sql } from '../../../sql/database/database.ts';
import type { Model } from '../model.ts';

const rows = z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])));
const state = z.object({ trainings: rows, seats: rows, held: rows, invoices: rows, wallets: rows });

/** Everything database and model must agree on, in a shape that can be compared. */
export const stateOfDatabase = (db: Database) =>
  db.one(sql.type(state)`
    select
      (select coalesce(json_agg(json_build_array(id, status, processed_at is not null) order by id), '[]') from real_trainings) as trainings,
      (select coalesce(json_agg(json_build_array(real_training_id, student_id, status, charged_at is not null,
          session_entry_id is not null, invoice_id is not null) order by real_training_id, student_id, id), '[]')
        from real_training_students) as seats,
      (select coalesce(json_agg(json_build_array(id, sessions_left) order by id), '[]') from student_subscriptions) as held,
      (select coalesce(json_agg(json_build_array(payer_id, amount_minor, type, status) order by id), '[]') from invoices) as invoices,
      (select coalesce(json_agg(json_build_array(user_id, balance_minor) order by user_id), '[]')
        from wallets where balance_minor <> 0) as wallets`);

export const stateOfModel = (model: Model): z.output<typeof state> => ({
  trainings: model.trainings.map((training) => [training.id, training.status, training.processed]),
  seats: [...model.seats]
    .sort((a, b) => a.training - b.training || a.student - b.student)
    .map(({ training, student, status, isDecided, charge }) => [
      training,
      student,
      status,
      isDecided,
      charge?.kind === 'session',
      charge?.kind === 'invoice',
    ]),
  held: model.subscriptions.map((held) => [held.id, held.left]),
  invoices: model.invoices.map(({ payer, amount, type, status }) => [payer, amount, type, status]),
  wallets: [...model.balance].filter(([, money]) => money !== 0).sort(([a], [b]) => a - b),
});
