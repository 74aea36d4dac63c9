import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import { studio } from '../support/studio.ts';

const id = sql.type(z.object({ id: z.int() }));
let names = 0;

/** A studio that sells: the catalogue, what students hold of it, their money, and what came of it. */
export function club(db: Database) {
  const make = studio(db);
  return {
    ...make,
    item(fields: { price?: number; sessions?: number | null; days?: number; isActive?: boolean } = {}) {
      names += 1;
      return db.oneFirst(id`
        insert into subscriptions (name, price_minor, number_of_sessions, validity_days, is_active)
        values (${`Абонемент №${names}`}, ${fields.price ?? 400_000}, ${fields.sessions === undefined ? 8 : fields.sessions}, ${fields.days ?? 30}, ${fields.isActive ?? true})
        returning id`);
    },
    held(fields: {
      student: number;
      item: number;
      from?: string;
      to: string;
      left?: number | null;
      autoRenew?: boolean;
      freeze?: [string, string];
      status?: string;
    }) {
      return db.oneFirst(id`
        insert into student_subscriptions
          (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew, freeze_start_date, freeze_end_date, status)
        values (${fields.student}, ${fields.item}, coalesce(${fields.from ?? null}::date, ${fields.to}::date - 29), ${fields.to}::date,
          ${fields.left === undefined ? 0 : fields.left}, ${fields.autoRenew ?? true}, ${fields.freeze?.[0] ?? null}::date, ${fields.freeze?.[1] ?? null}::date,
          ${fields.status ?? 'active'}) returning id`);
    },
    async money(payer: number, amount: number) {
      await db.query(sql.unsafe`insert into wallets (user_id, balance_minor) values (${payer}, ${amount})`);
    },
    /** A training of its own trainer; times are UTC in tests that do not care. */
    async training(fields: { startsAt: string; date?: string; price?: number; minutes?: number }) {
      const type = await make.type({ price: fields.price ?? 70_000 });
      return db.oneFirst(id`
        insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
        values (${type}, ${await make.trainer()}, ${fields.date ?? fields.startsAt.slice(0, 10)}::date, '10:00', ${fields.startsAt}::timestamptz,
          ${fields.startsAt}::timestamptz + make_interval(mins => ${fields.minutes ?? 60}), 10, ${fields.price ?? 70_000}) returning id`);
    },
    register: (training: number, student: number, status = 'REGISTERED') =>
      db.oneFirst(id`
        insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status}) returning id`),
  };
}

/** Every subscription of a student, oldest first. */
export const heldBy = (db: Database, student: number) =>
  db.any(sql.type(
    z.object({
      id: z.int(),
      start_date: z.string(),
      end_date: z.string(),
      sessions_left: z.int().nullable(),
      transferred_sessions: z.int(),
      is_auto_renew: z.boolean(),
      status: z.string(),
      renewed_from_id: z.int().nullable(),
    }),
  )`
    select id, start_date, end_date, sessions_left, transferred_sessions, is_auto_renew, status, renewed_from_id
    from student_subscriptions where student_id = ${student} order by id`);

/** The entries of a subscription as `reason delta`, in order. */
export const entriesOf = async (db: Database, held: number) => {
  const rows = await db.any(sql.type(z.object({ reason: z.string(), delta: z.int() }))`
    select reason, delta from session_entries where student_subscription_id = ${held} order by id`);
  return rows.map(({ reason, delta }) => `${reason} ${delta}`);
};

/** Every invoice of a student, oldest first. */
export const invoicesOf = (db: Database, student: number) =>
  db.any(sql.type(
    z.object({
      payer_id: z.int(),
      type: z.string(),
      amount_minor: z.int(),
      status: z.string(),
      is_auto_renewal: z.boolean(),
      due_date: z.string().nullable(),
      student_subscription_id: z.int().nullable(),
    }),
  )`
    select payer_id, type, amount_minor, status, is_auto_renewal, due_date, student_subscription_id
    from invoices where student_id = ${student} order by id`);

/** What was said to a person, oldest first; chat 1001 are the admins. */
export const messagesTo = (db: Database, to: { user: number } | { chat: number }) =>
  db.any(sql.type(z.object({ template: z.string(), params: z.record(z.string(), z.unknown()), dedupe_key: z.string() }))`
    select template, params, dedupe_key from notifications
    where ${'user' in to ? sql.fragment`user_id = ${to.user}` : sql.fragment`chat_id = ${to.chat}`} order by id`);
