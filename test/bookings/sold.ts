import { expect } from '@jest/globals';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import type { Json, TestApi } from '../support/front-door.ts';
import { inHours, type salon } from './salon.ts';

export const reason = { reason: 'переезд' };

/** Sells a client a package of so many units of a service, paid from the wallet or owed, and uses so many of them. */
export async function soldPackage(
  api: TestApi,
  make: ReturnType<typeof salon>,
  { price = 1_000, units = 3, used = 0, isPaid = true } = {},
) {
  const service_id = await make.service();
  const specialist_id = await make.specialist([service_id]);
  const client_id = await make.client();
  const offer = { name: `Пакет ${client_id}`, composition: [{ service_id, units }], price_minor: price };
  const service_package_id = (await api.post('/api/service-packages', offer)).body.id;
  if (isPaid && price > 0) await make.money(client_id, price);
  const all = `/api/clients/${client_id}/packages`;
  const buy = async () => (await api.post(all, { service_package_id, pay_from: isPaid ? 'wallet' : 'later' })).body;
  const { id, invoice } = await buy();
  /** What to book with one of its units. */
  const wish = { client_id, service_id, specialist_id, pay_from: 'package' };
  for (let n = 0; n < used; n += 1) {
    const booking = (await api.post('/bookings', { ...wish, starts_at: inHours(11.5) })).body;
    expect(await api.post(`/bookings/${booking.id}/cancel`, reason)).toMatchObject({ body: { outcome: 'late' } });
  }
  return {
    id: id as number,
    client_id,
    invoice: (invoice?.id ?? null) as number | null,
    wish,
    buy,
    cancel: `${all}/${id}/cancel`,
    seen: async () => (await api.get(all)).body.items.find((item: Json) => item.id === id),
  };
}

export const billsOf = async (db: Database, id: number) => {
  const rows = await db.any(sql.type(z.object({ bill: z.string() }))`
    select concat_ws(' ', status, amount_minor) as bill from invoices where client_package_id = ${id} order by id`);
  return rows.map(({ bill }) => bill);
};
