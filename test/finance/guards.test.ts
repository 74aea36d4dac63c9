import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { auditBooks, type Finding } from '../../sql/audit/audit.ts';
import type { Database } from '../../sql/database/database.ts';
import { chargeRegistrations } from '../../sql/finance/charge.ts';
import { giveBack } from '../../sql/finance/give-back.ts';
import { dueSeat } from '../../sql/finance/seats.ts';
import { generate, night, pay } from './races/acts.ts';
import { type Act, type Arena, arena } from './races/arena.ts';
import { booksOf } from './races/books.ts';

let on: Arena;
beforeEach(async () => {
  on = await arena();
  await on.inTurn();
});
afterEach(() => on.close());

const HOLDERS_SEAT = 1;
const CHILDS_SEAT = 3;
type Deed = Act | string;
const does = async (...deeds: Deed[]) => {
  for (const deed of deeds) await (typeof deed === 'string' ? on.query(deed) : deed(on.db));
};

/** Decides a registration twice, as two who read it before either of them wrote: what forgotten locks would do. */
const chargeTwice = (seat: number) => async (db: Database) => {
  const due = await dueSeat(db, seat);
  for (const _ of [1, 2]) await db.transaction((transaction) => chargeRegistrations(transaction, [due], null));
};
const returnIt: Act = (db) => db.transaction((transaction) => giveBack(transaction, [HOLDERS_SEAT]));
const claimAgain = `update real_training_students set charged_at = now(),
  session_entry_id = (select min(id) from session_entries where reason = 'training') where id = ${HOLDERS_SEAT}`;
const oneSessionMore = `insert into session_entries (student_subscription_id, delta, reason) values (1, 1, 'adjustment')`;
const dropConstraint = (table: string, name: string) => `alter table ${table} drop constraint ${name}`;
/** A constraint, or an index only. */
const dropUnique = (table: string, name: string) =>
  `alter table ${table} drop constraint if exists ${name}; drop index if exists ${name}`;
const dropTrigger = (table: string, name: string) => `drop trigger ${name} on ${table}`;
const seats = 'real_training_students';

type Refused = [guard: string, without: string, before: Deed[], deed: Deed, finding: Finding['rule']];
const refused: Refused[] = [
  [
    'registration_took_a_session_already',
    dropConstraint('session_entries', 'registration_took_a_session_already'),
    [oneSessionMore],
    chargeTwice(HOLDERS_SEAT),
    'charged_twice',
  ],
  [
    'registration_is_invoiced_already',
    dropConstraint('invoices', 'registration_is_invoiced_already'),
    [],
    chargeTwice(CHILDS_SEAT),
    'charged_twice',
  ],
  ['charged_once', dropConstraint(seats, 'charged_once'), [], chargeTwice(HOLDERS_SEAT), 'charged_twice'],
  [
    'session_pays_one_registration',
    dropUnique(seats, 'session_pays_one_registration'),
    [night],
    `update ${seats} set invoice_id = null, charged_at = now(), session_entry_id = (select session_entry_id from ${seats} where id = ${HOLDERS_SEAT}) where id = 2`,
    'charge_lost',
  ],
  [
    'invoice_pays_one_registration',
    dropUnique(seats, 'invoice_pays_one_registration'),
    [night],
    `update ${seats} set invoice_id = (select invoice_id from ${seats} where id = ${CHILDS_SEAT}) where id = 2`,
    'charge_lost',
  ],
  [
    'session_is_returned_already',
    dropConstraint('session_entries', 'session_is_returned_already'),
    [night, returnIt, claimAgain],
    returnIt,
    'returned_twice',
  ],
  [
    'balance_is_never_negative',
    dropConstraint('wallets', 'balance_is_never_negative'),
    [],
    `insert into wallet_transactions (user_id, amount_minor, kind) values (3, -601, 'adjustment')`,
    'balance',
  ],
  [
    'sessions_left_check',
    dropConstraint('student_subscriptions', 'student_subscriptions_sessions_left_check'),
    [],
    `insert into session_entries (student_subscription_id, delta, reason) values (1, -2, 'adjustment')`,
    'sessions_left',
  ],
  [
    'a balance follows its transactions',
    dropTrigger('wallets', 'balances_are_not_set'),
    [],
    'update wallets set balance_minor = balance_minor + 1',
    'balance',
  ],
  [
    'sessions_left follows its entries',
    dropTrigger('student_subscriptions', 'sessions_are_not_set'),
    [],
    'update student_subscriptions set sessions_left = sessions_left + 1',
    'sessions_left',
  ],
  [
    'wallet_transactions is append-only',
    dropTrigger('wallet_transactions', 'append_only'),
    [],
    'delete from wallet_transactions',
    'balance',
  ],
  [
    'session_entries is append-only',
    dropTrigger('session_entries', 'append_only'),
    [],
    'update session_entries set delta = 2',
    'sessions_left',
  ],
];

/** What the database said; slonik's error has it in its cause. */
const refusalOf = (deed: Deed) =>
  does(deed).then(
    () => 'not refused',
    (error: Error) => `${error.message} ${(error.cause as Error | undefined)?.message ?? ''}`,
  );
const rulesFound = async () => (await auditBooks(on.db, '2026-01-01')).map((finding) => finding.rule);

describe('the database refuses it, and the audit finds it where the guard is off', () => {
  test.each(refused)('%s', async (guard, without, before, deed, finding) => {
    await does(...before);
    const found = await rulesFound();
    expect(await refusalOf(deed)).toContain(guard);
    expect(await rulesFound()).toEqual(found);

    await on.inTurn();
    await does(without, ...before, deed);
    expect(await rulesFound()).toContain(finding);
  });
});

type Followed = [what: string, without: string, deed: Deed, finding: Finding['rule']];
const followed: Followed[] = [
  ['a balance', dropTrigger('wallet_transactions', 'wallets_follow'), pay, 'balance'],
  [
    'a wallet that is opened with money',
    dropTrigger('wallets', 'wallets_open'),
    'insert into wallets values (5, 100)',
    'balance',
  ],
  ['sessions_left', dropTrigger('session_entries', 'sessions_follow'), night, 'sessions_left'],
  [
    'a subscription that is bought',
    dropTrigger('student_subscriptions', 'sessions_are_granted'),
    `insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left) values (5, 1, '2026-11-01', '2026-11-30', 8)`,
    'sessions_left',
  ],
];

describe('the database keeps it right by itself, and the audit finds it where the trigger is off', () => {
  test.each(followed)('%s', async (_, without, deed, finding) => {
    await does(deed);
    expect(await rulesFound()).toEqual([]);
    await on.inTurn();
    await does(without, deed);
    expect(await rulesFound()).toContain(finding);
  });
});

const unguarded: [what: string, before: Deed[], deed: Deed, finding: Finding['rule']][] = [
  [
    'a charge of who was taken out',
    [night],
    `update ${seats} set status = 'CANCELLED_SAFE' where id = ${CHILDS_SEAT}`,
    'charged_in_vain',
  ],
  [
    'an invoice that nobody has paid',
    [night],
    "update invoices set status = 'PAID', paid_at = now() where status = 'UNPAID'",
    'paid_without_transaction',
  ],
  ['a charge that is forgotten', [night], `update ${seats} set invoice_id = null where id = ${CHILDS_SEAT}`, 'charge_lost'],
  [
    'a registration that was passed over',
    [night],
    `update ${seats} set status = 'ABSENT', charged_at = null, session_entry_id = null where id = ${HOLDERS_SEAT}`,
    'never_charged',
  ],
];

test.each(unguarded)('the audit finds %s', async (_, before, deed, finding) => {
  await does(...before);
  expect(await auditBooks(on.db, '2026-11-24')).toEqual([]);
  await does(deed);
  expect((await auditBooks(on.db, '2026-11-24')).map(({ rule }) => rule)).toContain(finding);
});

describe('a comparison of the ledgers finds what no audit can see', () => {
  test('one_training_per_template_date: a template that is moved is not held a second time', async () => {
    const before = await booksOf(on.db);
    const moved = `update training_templates set start_time = '06:00'`;
    await does(moved, generate);
    expect((await booksOf(on.db)).training).toEqual(before.training);
    await on.inTurn();
    await does(dropConstraint('real_trainings', 'one_training_per_template_date'), moved, generate);
    expect((await booksOf(on.db)).training).not.toEqual(before.training);
  });

  test('student_is_registered_already: nobody pays twice for one training', async () => {
    const twice = `insert into real_training_students (real_training_id, student_id) values (1, 5)`;
    expect(await refusalOf(twice)).toContain('student_is_registered_already');
    await does(night);
    const once = await booksOf(on.db);
    await on.inTurn();
    // The second place is held by the calendar of people, too.
    await does(
      dropConstraint('occupancies', 'person_is_elsewhere'),
      dropConstraint(seats, 'student_is_registered_already'),
      twice,
      night,
    );
    expect((await booksOf(on.db)).invoice).not.toEqual(once.invoice);
  });
});
