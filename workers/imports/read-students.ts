import type { Day } from '../../queues/time/calendar.ts';
import type { Columns, StudentColumn } from './headers.ts';
import type { Table } from './limits.ts';
import { isError, type Note } from './notes.ts';
import { isUnreadable } from './unreadable.ts';
import { nameKey, type Order, orderOf, type Read, readCivilDay, readGender, readPhone, tidy, tidyLines } from './values.ts';

/** `id`: the number of one that the studio has sold already; null: it may be a new one. */
export type HeldInFile = { id: number | null; name: string; left: number | null; start: Day | null; end: Day | null };
/** A row as it is understood; what it leaves blank is null. */
export type StudentRow = {
  row: number;
  id: number | null;
  first_name: string;
  last_name: string;
  key: string;
  phone: string | null;
  email: string | null;
  birth_date: Day | null;
  gender: 'female' | 'male' | null;
  notes: string | null;
  health_note: string | null;
  current_belt: string | null;
  registration_date: Day | null;
  payer_id: number | null;
  groups: string[];
  subscription: HeldInFile | null;
  remarks: Note[];
  /** Somebody has decided who it is: the person of `id`, or, without one, none of those whom it may mean. */
  is_decided?: true;
};
const DAYS = ['birth_date', 'registration_date', 'subscription_start', 'subscription_end'] as const;
type Reading = { table: Table; columns: Columns<StudentColumn>; today: Day; order: Order | null };

/** Reads the rows beneath the headers; empty ones are none. */
export function readStudents({ table, columns, today, order }: Reading): StudentRow[] {
  const body = table.rows.slice(columns.head + 1);
  const at = (row: readonly string[], column: StudentColumn) => row[columns.at[column] ?? -1] ?? '';
  const orders = Object.fromEntries(
    DAYS.map((column) => [column, order ?? orderOf(body.map((row) => at(row, column)))]),
  ) as Record<(typeof DAYS)[number], Order>;
  return body.flatMap((row, n) =>
    row.every((cell) => tidy(cell) === '')
      ? []
      : [readRow((column) => at(row, column), { row: columns.head + 2 + n, orders, is1904: table.is1904, today })],
  );
}

type About = { row: number; orders: Record<(typeof DAYS)[number], Order>; is1904: boolean; today: Day };

function readRow(cell: (column: StudentColumn) => string, { row, orders, is1904, today }: About): StudentRow {
  const remarks: Note[] = [];
  const wrong = (code: Note['code'], column: StudentColumn) => {
    remarks.push({ code, column, params: { value: tidy(cell(column)).slice(0, 100) } });
    return null;
  };
  const read = <T>(column: StudentColumn, of: Read<T>) => ('wrong' in of ? wrong(of.wrong, column) : of.value);
  const day = (column: (typeof DAYS)[number]) =>
    read(column, readCivilDay(cell(column), { order: orders[column], is1904, today, isBirth: column === 'birth_date' }));
  const words = (column: StudentColumn, most: number, hasLines = false) => {
    const given = hasLines ? tidyLines(cell(column)) : tidy(cell(column));
    if (given === '') return null;
    return given.length > most || isUnreadable(given, hasLines) ? wrong('bad_text', column) : given;
  };
  const count = (column: StudentColumn, code: Note['code'], most: number) => {
    const given = tidy(cell(column)).replace(/[.,]0+$/, '');
    if (given === '') return null;
    return /^\d{1,10}$/.test(given) && Number(given) <= most ? Number(given) : wrong(code, column);
  };
  const [first_name, last_name] = namesOf(cell);
  if (first_name === '') wrong('no_name', 'first_name');
  if (first_name.length > 100 || last_name.length > 100) wrong('name_long', 'first_name');
  else if (isUnreadable(first_name) || isUnreadable(last_name)) wrong('bad_text', 'first_name');
  const email = tidy(cell('email')).toLowerCase();
  const gender = readGender(cell('gender'));
  const plan = words('subscription', 100);
  const held = {
    id: count('subscription_id', 'bad_id', 2_147_483_647),
    left: count('sessions_left', 'sessions', 10_000),
    start: day('subscription_start'),
    end: day('subscription_end'),
  };
  if (plan === null && (held.left !== null || held.start !== null || held.end !== null))
    wrong('subscription_missing', 'subscription');
  const read_: StudentRow = {
    row,
    id: count('id', 'bad_id', 2_147_483_647),
    first_name,
    last_name,
    key: nameKey(first_name, last_name),
    phone: read('phone', readPhone(cell('phone'))),
    email:
      email === '' ? null : /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) && email.length <= 254 ? email : wrong('email', 'email'),
    birth_date: day('birth_date'),
    gender: gender === undefined ? wrong('gender', 'gender') : gender,
    notes: words('notes', 5_000, true),
    health_note: words('health_note', 2_000, true),
    current_belt: words('belt', 40),
    registration_date: day('registration_date'),
    payer_id: count('payer_id', 'bad_id', 2_147_483_647),
    groups: [
      ...new Set(
        cell('group')
          .split(/[,;\n]/)
          .map(tidy)
          .filter(Boolean),
      ),
    ],
    subscription: plan === null ? null : { name: plan, ...held },
    remarks,
  };
  const isKnowable = read_.id !== null || read_.phone !== null || read_.email !== null || read_.birth_date !== null;
  if (!isKnowable && !remarks.some(isError)) wrong('no_key', 'phone');
  return read_;
}

/** "Иванова Анна Петровна" under ФИО begins with the surname; "Anna Ivanova" under Name with the first name. */
function namesOf(cell: (column: StudentColumn) => string): [first: string, last: string] {
  const [first, last] = [tidy(cell('first_name')), tidy(cell('last_name'))];
  if (first !== '') return [first, last];
  const [surname, full] = [tidy(cell('full_name')), tidy(cell('name'))];
  if (surname !== '') {
    // A text that only looks like a formula is one name, not two.
    const [head = '', ...rest] = /^[=+@]/.test(surname) ? [surname] : surname.split(' ');
    return rest.length === 0 ? [head, last] : [rest.join(' '), head];
  }
  const [head = '', ...rest] = /^[=+@]/.test(full) ? [full] : full.split(' ');
  return head === '' && last !== '' ? [last, ''] : [head, rest.length > 0 ? rest.join(' ') : last];
}
