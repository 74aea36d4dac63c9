import type { FragmentSqlToken } from 'slonik';
import { sql } from '../database/database.ts';

/**
 * Whose rows somebody may see (R32): everything, or what is theirs as a trainer, as one of these students or clients, or as the payer.
 * Of a role whose rows do not count for what is asked, the part is null or empty.
 */
export type Whose =
  | { everything: true }
  | {
      everything: false;
      /** The person; their own record. */
      self: number;
      /** As a trainer: trainings given, bookings taken, absences. */
      trainer: number | null;
      /** As a client oneself, as a guardian the children. */
      students: readonly number[];
      /** As whoever pays. */
      payer: number | null;
      /** As whose vending machines they are: the person, or, of a key that is bound to an owner, the owner. */
      vending?: { userId: number } | { ownerId: number };
      /** As whoever restock tasks are assigned to. */
      refiller?: number;
    };
type Own = Extract<Whose, { everything: false }>;

export const EVERYTHING: Whose = { everything: true };

type Column = FragmentSqlToken;
const among = (column: Column, ids: readonly number[]) => sql.fragment`${column} = any(${sql.array([...ids], 'int4')})`;
const is = (column: Column, id: number | null) => sql.fragment`${column} = ${id}::int`;
const nothing = sql.fragment`false`;
const either = (...conditions: Column[]) => sql.fragment`(${sql.join(conditions, sql.fragment` or `)})`;
const named = (alias: string, column: string) => sql.fragment`${sql.identifier([alias, column])}`;

const trainsStudent = (student: Column, trainer: number | null) =>
  trainer === null
    ? nothing
    : sql.fragment`(exists (
        select from real_training_students place join real_trainings given on given.id = place.real_training_id
        where place.student_id = ${student} and given.trainer_id = ${trainer})
      or exists (
        select from training_student_templates standing join training_templates weekly on weekly.id = training_template_id
        where standing.student_id = ${student} and weekly.trainer_id = ${trainer})
      or exists (
        select from group_members member join groups on groups.id = member.group_id
        where member.student_id = ${student} and groups.trainer_id = ${trainer} and coalesce(member.to_date >= current_date, true)))`;

const ofVending = (owner: Column, { vending }: Own) => {
  if (!vending) return nothing;
  return 'ownerId' in vending
    ? sql.fragment`${owner} = ${vending.ownerId}::int`
    : sql.fragment`${owner} in (select mine.id from vending_owners mine where mine.user_id = ${vending.userId}::int)`;
};

/** For each kind of row: whether a row of its table, by its alias, is theirs. */
const conditions = {
  training: (row, own) =>
    either(
      is(named(row, 'trainer_id'), own.trainer),
      // Whose training it is while a substitute gives it sees it as before (R14).
      is(named(row, 'regular_trainer_id'), own.trainer),
      sql.fragment`exists (select from real_training_students place
        where place.real_training_id = ${named(row, 'id')} and ${among(sql.fragment`place.student_id`, own.students)})`,
    ),
  template: (row, own) => is(named(row, 'trainer_id'), own.trainer),
  group: (row, own) =>
    either(
      is(named(row, 'trainer_id'), own.trainer),
      sql.fragment`exists (select from group_members member
        where member.group_id = ${named(row, 'id')} and ${among(sql.fragment`member.student_id`, own.students)})`,
    ),
  booking: (row, own) => either(is(named(row, 'specialist_id'), own.trainer), among(named(row, 'client_id'), own.students)),
  student: (row, own) => either(among(named(row, 'id'), own.students), trainsStudent(named(row, 'id'), own.trainer)),
  family: (row, own) => among(named(row, 'id'), own.students),
  client: (row, own) =>
    either(
      among(named(row, 'id'), own.students),
      own.trainer === null
        ? nothing
        : sql.fragment`exists (select from bookings visit where visit.client_id = ${named(row, 'id')} and visit.specialist_id = ${own.trainer})`,
    ),
  specialist: (row, own) => is(named(row, 'id'), own.trainer),
  person: (row, own) => is(named(row, 'id'), own.self),
  payer: (row, own) =>
    sql.fragment`coalesce((select payer_id from students where students.id = ${named(row, 'id')}), ${named(row, 'id')}) = ${own.payer}::int`,
  invoice: (row, own) => is(named(row, 'payer_id'), own.payer),
  payment: (row, own) => either(is(named(row, 'payer_id'), own.payer), among(named(row, 'payer_id'), own.students)),
  payment_order: (row, own) => is(named(row, 'payer_id'), own.payer),
  subscription: (row, own) => among(named(row, 'student_id'), own.students),
  request: (row, own) => among(named(row, 'student_id'), own.students),
  absence: (row, own) => is(named(row, 'specialist_id'), own.trainer),
  pupil: (row, own) =>
    either(among(named(row, 'student_id'), own.students), trainsStudent(named(row, 'student_id'), own.trainer)),
  exam: (row, own) =>
    either(
      is(named(row, 'examiner_id'), own.trainer),
      among(named(row, 'student_id'), own.students),
      trainsStudent(named(row, 'student_id'), own.trainer),
    ),
  member: (row, own) =>
    either(
      among(named(row, 'student_id'), own.students),
      sql.fragment`exists (select from groups taught where taught.id = ${named(row, 'group_id')} and taught.trainer_id = ${own.trainer}::int)`,
    ),
  seat: (row, own) =>
    either(
      among(named(row, 'student_id'), own.students),
      sql.fragment`exists (select from real_trainings given where given.id = ${named(row, 'real_training_id')}
        and ${own.trainer}::int in (given.trainer_id, given.regular_trainer_id))`,
    ),
  vending_owner: (row, own) => ofVending(named(row, 'id'), own),
  vending_terminal: (row, own) => ofVending(named(row, 'owner_id'), own),
  vending_task: (row, own) => either(ofVending(named(row, 'owner_id'), own), is(named(row, 'assignee_id'), own.refiller ?? null)),
  stock_place: (row, own) => ofVending(named(row, 'owner_id'), own),
  ingredient: (row, own) => ofVending(named(row, 'owner_id'), own),
} satisfies Record<string, (row: string, own: Own) => FragmentSqlToken>;

export type RowKind = keyof typeof conditions;

/** Where the rows of a kind lie. */
export const tables: Record<RowKind, string> = {
  training: 'real_trainings',
  template: 'training_templates',
  group: 'groups',
  booking: 'bookings',
  student: 'users',
  family: 'users',
  client: 'users',
  specialist: 'specialists',
  person: 'users',
  payer: 'users',
  invoice: 'invoices',
  payment: 'payments',
  payment_order: 'payment_orders',
  subscription: 'student_subscriptions',
  request: 'finance_requests',
  absence: 'specialist_absences',
  pupil: 'belt_awards',
  exam: 'belt_exams',
  member: 'group_members',
  seat: 'real_training_students',
  vending_owner: 'vending_owners',
  vending_terminal: 'vending_terminals',
  vending_task: 'vending_tasks',
  stock_place: 'stock_places',
  ingredient: 'ingredients',
};

/** A condition of a statement: the row that `alias` stands for is among those. */
export const isAmong = (whose: Whose, kind: RowKind, alias: string): FragmentSqlToken =>
  whose.everything ? sql.fragment`true` : conditions[kind](alias, whose);
