import type { Sql } from '../../sql/database/database.ts';
import { readStoredDays, storeDays } from '../../sql/slots/stored.ts';
import type { SlotStore } from './store.ts';

/** Days in an unlogged table of PostgreSQL. */
export const tableSlots = (db: Sql): SlotStore => ({
  async read(book, specialistIds, days) {
    const rows = await readStoredDays(db, book, specialistIds, days[0] ?? 'infinity', days.at(-1) ?? '-infinity');
    const byId = new Map(rows.map(({ specialist_id, days: texts }) => [specialist_id, texts]));
    return new Map(specialistIds.map((id) => [id, days.map((day) => byId.get(id)?.[day] ?? null)]));
  },
  async write(days) {
    if (days.length > 0) await storeDays(db, days);
  },
});
