import { expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { counter } from './counter.ts';
import { inHours } from './salon.ts';
import { reason, soldPackage } from './sold.ts';

const { api, make } = await counter();

type Change = (id: number) => ReturnType<typeof sql.unsafe>;
const square = async () => expect(await auditBooks(api.db, '2020-01-01')).toEqual([]);

/** What a rule of the audit finds about a row once it was changed behind the back of constraints and triggers; then all is undone. */
async function findingsAfter(id: number, changes: readonly Change[], rule = 'package_charge') {
  const undone = new Error('undone');
  let found: string[] = [];
  await api.db
    .transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set local session_replication_role = replica`);
      for (const change of changes) await transaction.query(change(id));
      const findings = await auditBooks(transaction, '2020-01-01');
      found = findings.flatMap((finding) => (finding.rule === rule && finding.id === id ? [finding.detail] : []));
      throw undone;
    })
    .catch((error) => expect(error).toBe(undone));
  return found;
}

const kept =
  (minor: number): Change =>
  (id) =>
    sql.unsafe`
    update client_packages set cancellation = jsonb_set(cancellation::jsonb, '{kept_minor}', to_jsonb(${minor}::int))::json where id = ${id}`;
const invoiced =
  (from: number, to: number): Change =>
  (id) =>
    sql.unsafe`update invoices set amount_minor = ${to} where client_package_id = ${id} and amount_minor = ${from}`;
const notInvoiced =
  (minor: number): Change =>
  (id) =>
    sql.unsafe`delete from invoices where client_package_id = ${id} and amount_minor = ${minor}`;
const entered =
  (delta: number, why: string): Change =>
  (id) =>
    sql.unsafe`
    insert into package_entries (client_package_id, service_id, delta, reason)
    select client_package_id, service_id, ${delta}, ${why} from package_entries where client_package_id = ${id} limit 1`;
const owedAgain: Change = (id) => sql.unsafe`
  update invoices set status = 'UNPAID', cancelled_at = null where client_package_id = ${id} and amount_minor = 1000`;
const ended: Change = (id) => sql.unsafe`update client_packages set status = 'cancelled' where id = ${id}`;

test.each<[string, 'stands' | 'was taken back', Change[]]>([
  ['is not invoiced', 'stands', [notInvoiced(1_000)]],
  ['is invoiced for another price', 'stands', [invoiced(1_000, 999)]],
  ['lost units as if it were taken back', 'stands', [entered(-1, 'cancelled')]],
  ['was ended by nobody', 'stands', [ended]],
  ['has a unit left', 'was taken back', [entered(1, 'cancelled')]],
  ['keeps a kopeck more than the share', 'was taken back', [kept(335), invoiced(334, 335)]],
  ['keeps a kopeck less than the share', 'was taken back', [kept(333), invoiced(334, 333)]],
  ['keeps nothing of what was used', 'was taken back', [kept(0), notInvoiced(334)]],
  ['is invoiced for another share than is kept', 'was taken back', [invoiced(334, 333)]],
  ['keeps what is not invoiced', 'was taken back', [notInvoiced(334)]],
])('a package that %s is found (it %s)', async (_, state, changes) => {
  const sale = await soldPackage(api, make, { used: 1, isPaid: false });
  if (state === 'was taken back') await api.post(sale.cancel, reason);
  await square();
  expect(await findingsAfter(sale.id, changes)).toEqual([expect.stringContaining('price 1000, 1 of')]);
  await square();
});

test('an unused package that was taken back and is owed again is found', async () => {
  const sale = await soldPackage(api, make, { isPaid: false });
  await api.post(sale.cancel, reason);
  await square();
  expect(await findingsAfter(sale.id, [owedAgain])).toEqual([expect.stringContaining('live 1000')]);
});

test('an invoice that was waived is no finding, before or after', async () => {
  const before = await soldPackage(api, make, { used: 1, isPaid: false });
  await api.post(`/api/invoices/${before.invoice}/cancel`, reason);
  await square();
  await api.post(before.cancel, reason);
  const after = await soldPackage(api, make, { used: 1 });
  await api.post(after.cancel, reason);
  const [kept] = (await api.get(`/api/invoices?payer_id=${after.client_id}&status=PAID`)).body.items;
  expect(await api.post(`/api/invoices/${kept.id}/cancel`, reason)).toMatchObject({ status: 200, body: { amount_minor: 334 } });
  await square();
});

test('units in a package that was taken back, or given back to one that is over and left there, are found', async () => {
  const back = await soldPackage(api, make, { used: 1 });
  await api.post(back.cancel, reason);
  const over = await soldPackage(api, make, { used: 1 });
  await square();
  const held: Change = (id) => sql.unsafe`update client_package_units set units_left = 1 where client_package_id = ${id}`;
  expect(await findingsAfter(back.id, [held], 'dead_units')).toEqual(['taken back, 1 units left']);
  const lasts =
    (days: number): Change =>
    (id) =>
      sql.unsafe`update client_packages set end_date = current_date + ${days}::int where id = ${id}`;
  const backInNineDays: Change = (id) => sql.unsafe`
    insert into package_entries (client_package_id, service_id, delta, reason, reverses_id, created_at)
    select client_package_id, service_id, 1, 'returned', id, now() + interval '9 days' from package_entries
    where client_package_id = ${id} and reason = 'booking'`;
  const found = (days: number) => findingsAfter(over.id, [lasts(days), backInNineDays], 'dead_units');
  expect(await found(2)).toEqual([expect.stringContaining('a unit given back after its last day')]);
  expect(await found(20)).toEqual([]);
});

test('units that are not the sum of their entries are found', async () => {
  const sale = await soldPackage(api, make, { used: 1 });
  const service = sale.wish.service_id;
  expect(await findingsAfter(sale.id, [entered(1, 'adjustment')], 'units_left')).toEqual([
    `service ${service}: units_left 2, entries 3`,
  ]);
  const forgotten: Change = (id) => sql.unsafe`delete from package_entries where client_package_id = ${id}`;
  expect(await findingsAfter(sale.id, [forgotten], 'units_left')).toEqual([`service ${service}: units_left 2, entries 0`]);
});

test('a booking that is not paid for exactly once is found', async () => {
  const sale = await soldPackage(api, make);
  const made = (await api.post('/bookings', { ...sale.wish, starts_at: inHours(60) })).body;
  const owed = (await api.post('/bookings', { ...sale.wish, pay_from: 'later', starts_at: inHours(80) })).body;
  const safe = (await api.post('/bookings', { ...sale.wish, starts_at: inHours(100) })).body;
  expect(await api.post(`/bookings/${safe.id}/cancel`, reason)).toMatchObject({ body: { outcome: 'safe' } });
  await square();
  const found = (id: number, change: Change) => findingsAfter(id, [change], 'booking_charge');
  const withoutUnit: Change = (id) => sql.unsafe`delete from package_entries where booking_id = ${id}`;
  expect(await found(made.id, withoutUnit)).toEqual([expect.stringContaining('paid from package: 0 invoices, 0 live, 0 units')]);
  const withoutInvoice: Change = (id) => sql.unsafe`delete from invoices where booking_id = ${id}`;
  expect(await found(owed.id, withoutInvoice)).toEqual([expect.stringContaining('paid from later: 0 invoices')]);
  const twice: Change = (id) => sql.unsafe`update invoices set booking_id = ${id} where booking_id = ${owed.id}`;
  expect(await found(made.id, twice)).toEqual([expect.stringContaining('1 invoices, 1 live, 1 units')]);
  const kept: Change = (id) =>
    sql.unsafe`delete from package_entries where reverses_id in (select id from package_entries where booking_id = ${id})`;
  expect(await found(safe.id, kept)).toEqual([expect.stringContaining('1 not returned')]);
  await square();
});
