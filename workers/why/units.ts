import type { Sql } from '../../sql/database/database.ts';
import type { About } from '../../sql/why/rows.ts';
import { findUnitEntry, findUnits, type UnitEntry, unitEntries } from '../../sql/why/units.ts';
import { type Explanation, explained, link } from './answer.ts';
import { whyBooking, whyInvoice } from './charges.ts';
import { rulesOfUnit } from './rules.ts';

const lineOf = ({ id, at, service, reason, delta, starts_at }: UnitEntry, why: About | null) =>
  link({ kind: 'unit', id, at, name: service, status: reason, count: delta, starts_at, why });

/** What is left of a client's package: its entries, the latest first, and how it was bought. */
export async function whyUnits(db: Sql, id: number): Promise<Explanation | null> {
  const held = await findUnits(db, id);
  if (!held) return null;
  const parts = (await unitEntries(db, id)).map((entry) => lineOf(entry, { of: 'unit', id: entry.id }));
  const { name, person, units_left, count } = held;
  const bought = held.invoice_id === null ? null : await whyInvoice(db, held.invoice_id);
  const rules: Explanation['rules'] = ['package', 'unit_back'];
  return explained({
    of: 'units',
    id,
    name,
    person,
    status: held.status === 'cancelled' ? 'CANCELLED' : null,
    count: units_left,
    rules,
    chain: bought?.chain ?? [],
    parts,
    more: count - parts.length,
  });
}

/** Why a unit was taken, given back or granted: the booking behind it, or how the package was bought, and who was told. */
export async function whyUnit(db: Sql, id: number): Promise<Explanation | null> {
  const entry = await findUnitEntry(db, id);
  if (!entry) return null;
  const { booking_id, package_id, reason } = entry;
  const held = await findUnits(db, package_id);
  const booked = booking_id === null ? null : await whyBooking(db, booking_id);
  const bought = reason === 'granted' && held?.invoice_id ? await whyInvoice(db, held.invoice_id) : null;
  return explained({
    of: 'unit',
    id,
    name: entry.service,
    person: held?.name ?? null,
    starts_at: entry.starts_at,
    status: reason,
    count: entry.delta,
    rules: rulesOfUnit(reason),
    chain: [lineOf(entry, null), ...((booked ?? bought)?.chain ?? [])],
  });
}
