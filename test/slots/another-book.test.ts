import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { readSlotOffer } from '../../sql/slots/offer.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { drainChanges } from '../../workers/slot-recalc/drain-changes.ts';
import { recalculateDays } from '../../workers/slot-recalc/recalculate-days.ts';
import { rollHorizon } from '../../workers/slot-recalc/roll-horizon.ts';
import { CLOSED } from '../../workers/slots/grid.ts';
import { currentDays } from '../../workers/slots/read.ts';
import { slotKey } from '../../workers/slots/redis-slots.ts';
import { ALWAYS } from '../bookings/salon.ts';
import { backendKinds } from '../support/backends.ts';
import { readBook } from './book.ts';
import { forgetAll, type SlotStage, slotStage } from './stage.ts';

/** More than any version of a cluster that has just begun. */
const FAR_AHEAD = 2 ** 50;

describe.each(backendKinds)('on %s, days that another book has left in the store', (kind) => {
  let stage: SlotStage;
  let service: number;
  let specialist: number;
  let worker: ReturnType<typeof startWorker>;
  beforeAll(async () => {
    stage = await slotStage(kind);
    service = await stage.make.service();
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    specialist = await stage.make.specialist([service], { schedule: ALWAYS });
    await stage.backend.queue('slot-recalc').obliterate({ force: true });
    await forgetAll(stage.db);
    const handlers = { runs: { slot_recalc: recalculateDays, slots: rollHorizon }, drain: drainChanges };
    worker = startWorker(stage.fleet, 'slot-recalc', handlers, new AbortController().signal);
    await worker.waitUntilReady();
  });
  afterEach(() => worker.close());

  /** Every day as closed and far ahead, as a database left it. */
  async function leave(book: string) {
    const { redis } = stage.backend;
    const text = `${CLOSED} ${stage.zone}`;
    for (const day of stage.days()) {
      if (redis) await redis.set(slotKey(specialist, day), `${FAR_AHEAD} ${book} ${text}`, 'EX', 80_000);
      else {
        await stage.db.query(sql.unsafe`
          insert into slots_preview (specialist_id, day, book, version, grid, expires_at)
          values (${specialist}, ${day}::date, ${book}, ${FAR_AHEAD}, ${text}, now() + interval '20 hours')
          on conflict (specialist_id, day) do update
            set book = excluded.book, version = excluded.version, grid = excluded.grid, expires_at = excluded.expires_at`);
      }
    }
  }
  async function drainAfterChange() {
    const mornings = sql.jsonb({ 0: [['09:00', '12:00']], 3: [['09:00', '12:00']] });
    await stage.db.query(sql.unsafe`update specialists set work_schedule = ${mornings} where id = ${specialist}`);
    await stage.drain();
  }
  /** What somebody sees who asks for slots. */
  async function seen() {
    const offer = await readSlotOffer(stage.db, { serviceId: service, specialistId: specialist, zone: stage.zone });
    const days = stage.days();
    const found = (await currentDays(stage.slots, [specialist], days, offer!)).get(specialist);
    return days.map((day, n) => `${day} ${found?.[n]}`);
  }
  const closed = () => stage.days().map((day) => `${day} ${CLOSED}`);

  test.each<[string, () => Promise<unknown>]>([
    ['somebody reads', () => seen()],
    ['the worker ran for a change', drainAfterChange],
    ['a recalculation was asked for', () => stage.done('slot_recalc', { specialist_id: specialist, dates: stage.days() })],
    ['the horizon was rolled', () => stage.done('slots', {}, true)],
  ])('are right as soon as %s', async (_, act) => {
    await leave('another.book');
    await act();
    const fresh = await stage.fresh(specialist);
    expect(fresh).not.toEqual(closed());
    expect(await stage.stored(specialist)).toEqual(fresh);
    expect(await seen()).toEqual(fresh);
  });

  test('while a day of this book that knows more is served as it is, and stays', async () => {
    await leave(await readBook(stage.db));
    expect(await seen()).toEqual(closed());
    await stage.done('slots', {}, true);
    expect(await stage.stored(specialist)).toEqual(closed());
  });

  test('and what its last writer brings late is not seen, and yields again', async () => {
    await seen();
    await leave('another.book');
    expect(await stage.stored(specialist)).toEqual(stage.days().map(() => null));
    expect(await seen()).toEqual(await stage.fresh(specialist));
    expect(await stage.stored(specialist)).toEqual(await stage.fresh(specialist));
  });
});
