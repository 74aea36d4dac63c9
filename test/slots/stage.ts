import type { Backend } from '../../queues/backend/backend.ts';
import { enqueueProcess } from '../../queues/backend/enqueue.ts';
import { requestProcess } from '../../queues/jobs/request.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { drainChanges } from '../../workers/slot-recalc/drain-changes.ts';
import { calculateDays } from '../../workers/slots/calculate.ts';
import { gridText } from '../../workers/slots/grid.ts';
import { horizonOf } from '../../workers/slots/horizon.ts';
import { readStored, slotStoreOf } from '../../workers/slots/store.ts';
import { salon } from '../bookings/salon.ts';
import { redisUrl, testBackend } from '../support/backends.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { readBook } from './book.ts';

export type SlotStage = Awaited<ReturnType<typeof slotStage>>;

/** A database, a store of the kind and the studio's records. Close it when the file's tests are over. */
export async function slotStage(kind: Backend['kind'], zone = 'Europe/Moscow') {
  const database = await testDatabase({ max: 10 });
  const { db } = database;
  const backend = testBackend(kind, database.url);
  if (backend.redis) {
    await eventually(() =>
      backend
        .ping()
        .then(() => true)
        .catch(() => false),
    );
    await backend.redis.flushdb();
  }
  const settings = readSettings(
    { DATABASE_URL: database.url, REDIS_URL: kind === 'redis' ? redisUrl() : undefined, STUDIO_TZ: zone },
    '/nowhere/.env',
  );
  const fleet: Fleet = { name: 'test', settings, db, backend, close: async () => {} };
  const store = slotStoreOf(fleet);
  const today = () => dayOf(new Date(), zone);
  const days = () => horizonOf(today());

  return {
    db,
    zone,
    fleet,
    store,
    backend,
    database,
    today,
    days,
    slots: { db, store, zone },
    make: salon(db),
    drain: (signal = new AbortController().signal) => drainChanges(fleet, signal),
    /** The stored days of a specialist as text; null for each that is not there. */
    async stored(specialist: number, among = days()) {
      const texts = (await readStored(store, { zone, book: await readBook(db) }, [specialist], among)).get(specialist) ?? [];
      return among.map((day, n) => (texts[n] ? `${day} ${texts[n]}` : null));
    },
    /** The same days calculated from the database. */
    async fresh(specialist: number, among = days()) {
      const [calculated] = await calculateDays(db, zone, [{ specialistId: specialist, days: among }]);
      return calculated?.days.map(({ day, grid }) => `${day} ${gridText(grid)}`);
    },
    /** Asks for a run and waits until it is over. A worker of the test's has to do it. */
    async done(...[name, body, again]: [name: 'slot_recalc' | 'slots', body: Record<string, unknown>, again?: boolean]) {
      const asked = await requestProcess(db, name, body, today(), { again });
      await enqueueProcess(backend, asked);
      const run = await eventually(async () => {
        const row = await findRun(db, asked.run.id);
        return row && isOver(row) ? row : null;
      });
      return { outcome: asked.outcome, status: run.status, result: run.result, id: run.id };
    },
    async close() {
      await backend.close();
      await database.close();
    },
  };
}

/** Forgets what waits, as if a worker had done it. */
export const forgetAll = (db: Database) => db.query(sql.unsafe`delete from slot_changes`);
