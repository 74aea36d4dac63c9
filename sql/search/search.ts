import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { isMeant } from './match.ts';

export const personHit = z.object({
  id: z.int(),
  name: z.string(),
  phone: z.string().nullable(),
  roles: z.array(z.string()),
  is_student: z.boolean(),
  is_active: z.boolean(),
});

type Wanted = { words: readonly string[]; digits: string | null; whose: Whose; limit: number };

/**
 * People whose names hold every word, however they are spelt, or whose phone ends with the digits; who is active first, then whose names begin
 * with what was typed: "лев" is Лев before Полевая. A trainer finds
 * their own students and clients, and no phones (R32). By the name or phone of a record that was merged the kept one is found.
 */
export const searchPeople = (db: Sql, { words, digits, whose, limit }: Wanted) => {
  const key = sql.fragment`search_key(first_name || ' ' || last_name)`;
  const meant = isMeant({ words, digits });
  if (!meant) return Promise.resolve([]);
  const begins = words.map((word) => sql.fragment`(' ' || ${key} like '% ' || search_key(${word}) || '%')::int`);
  return db.any(sql.type(personHit)`
    select users.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, ${whose.everything ? sql.fragment`phone` : sql.fragment`null::text as phone`},
      array(select role from user_roles where user_id = users.id order by role) as roles,
      exists (select from students where students.id = users.id) as is_student, is_active
    from users
    where users.id in (select coalesce(merged_into, id) from users where ${meant})
      and (${isAmong(whose, 'student', 'users')} or ${isAmong(whose, 'client', 'users')})
    order by is_active desc, ${sql.join([sql.fragment`0::int`, ...begins], sql.fragment` + `)} desc, ${key} ${sql.fragment`collate "C"`}, users.id limit ${limit}`);
};

export const trainingHit = z.object({
  id: z.int(),
  training_type: z.string(),
  trainer: z.string(),
  training_date: z.iso.date(),
  starts_at: z.iso.datetime(),
  status: z.string(),
});

/** Trainings from a business day on whose type's or trainer's name holds every word, the next ones first. */
export const searchTrainings = (db: Sql, { words, whose, from, limit }: Omit<Wanted, 'digits'> & { from: string }) => {
  const key = sql.fragment`search_key(type.name || ' ' || first_name || ' ' || last_name)`;
  const named = words.map((word) => sql.fragment`${key} like '%' || search_key(${word}) || '%'`);
  if (named.length === 0) return Promise.resolve([]);
  return db.any(sql.type(trainingHit)`
    select training.id, type.name as training_type, concat_ws(' ', first_name, nullif(last_name, '')) as trainer, training_date, starts_at,
      training.status
    from real_trainings training
    join training_types type on type.id = training_type_id
    join users on users.id = trainer_id
    where training_date >= ${from}::date and ${sql.join(named, sql.fragment` and `)} and ${isAmong(whose, 'training', 'training')}
    order by starts_at, training.id limit ${limit}`);
};

export const invoiceHit = z.object({
  id: z.int(),
  payer_id: z.int(),
  payer: z.string(),
  type: z.string(),
  amount_minor: z.int(),
  status: z.string(),
});

/** The invoice of a number, or the unpaid ones of payers whose names hold every word, newest first. */
export const searchInvoices = (db: Sql, { words, id, limit }: { words: readonly string[]; id: number | null; limit: number }) => {
  const named = words.map(
    (word) => sql.fragment`search_key(first_name || ' ' || last_name) like '%' || search_key(${word}) || '%'`,
  );
  const matches = [
    ...(id === null ? [] : [sql.fragment`invoices.id = ${id}`]),
    ...(named.length > 0 ? [sql.fragment`(invoices.status = 'UNPAID' and ${sql.join(named, sql.fragment` and `)})`] : []),
  ];
  if (matches.length === 0) return Promise.resolve([]);
  return db.any(sql.type(invoiceHit)`
    select invoices.id, payer_id, concat_ws(' ', first_name, nullif(last_name, '')) as payer, type, amount_minor, status
    from invoices join users on users.id = payer_id
    where ${sql.join(matches, sql.fragment` or `)}
    order by invoices.id desc limit ${limit}`);
};
