import { expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { counter } from './counter.ts';
import { reason, soldPackage } from './sold.ts';

const { api, make } = await counter();

type Change = (id: number) => ReturnType<typeof sql.unsafe>;
const square = async () => expect(await auditBooks(api.db, '2020-01-01')).toEqual([]);

/** What the audit finds about a package's price once it was changed behind the back of constraints and triggers; then all is undone. */
async function findingsAfter(id: number, changes: readonly Change[]) {
  const undone = new Error('undone');
  let found: string[] = [];
  await api.db
    .transaction(async (transaction) => {
      await transaction.query(sql.unsafe`set local session_replication_role = replica`);
      for (const change of changes) await transaction.query(change(id));
      const findings = await auditBooks(transaction, '2020-01-01');
      found = findings.flatMap((finding) => (finding.rule === 'package_charge' && finding.id === id ? [finding.detail] : []));
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
