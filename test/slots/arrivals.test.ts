import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { readSlotOffer } from '../../sql/slots/offer.ts';
import { currentDays } from '../../workers/slots/read.ts';
import { backendKinds } from '../support/backends.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { type SlotStage, slotStage } from './stage.ts';

/** Who is at a location, and what is changed of it meanwhile by a transaction that does not see him. */
describe.each(backendKinds)('on %s', (kind) => {
  let stage: SlotStage;
  let service: number;
  beforeAll(async () => {
    stage = await slotStage(kind);
    service = await stage.make.service();
  });
  afterAll(() => stage.close());

  const day = (n: number) => addDays(stage.today(), n);
  const closed = (location: number, n: number) =>
    stage.db.query(sql.unsafe`insert into calendar_overrides (location_id, day) values (${location}, ${day(n)}::date)`);
  const move = (specialist: number, location: number | null) =>
    stage.db.query(sql.unsafe`update specialists set location_id = ${location} where id = ${specialist}`);
  /** What `GET /slots` goes by, which stores what it had to calculate. */
  const read = async (specialistId: number) => {
    const { db, zone, slots } = stage;
    const offer = await readSlotOffer(db, { serviceId: service, specialistId, zone });
    const current = (await currentDays(slots, [specialistId], stage.days(), offer!)).get(specialistId);
    return stage.days().map((date, n) => `${date} ${current?.[n]}`);
  };
  const isTrue = async (specialist: number) => expect(await stage.stored(specialist)).toEqual(await stage.fresh(specialist));
  const changed = (before: readonly unknown[], after: readonly unknown[] = []) =>
    before.flatMap((text, n) => (text === after[n] ? [] : [n]));

  /** Every day but the one on which the location is closed before and after. */
  const openDays = Array.from({ length: 60 }, (_, n) => n).filter((n) => n !== 5);
  const changes: [string, (location: number) => string, number[]][] = [
    ['its schedule', (location) => `update locations set work_schedule = '{}' where id = ${location}`, openDays],
    [
      'a new override of it',
      (location) => `insert into calendar_overrides (location_id, day) values (${location}, '${day(3)}')`,
      [3],
    ],
    ['an override of it that ends', (location) => `delete from calendar_overrides where location_id = ${location}`, [5]],
    [
      'an override of it that is put off',
      (location) => `update calendar_overrides set day = '${day(6)}' where location_id = ${location}`,
      [5, 6],
    ],
  ];
  const arrivals: [string, (location: number) => Promise<number>][] = [
    [
      'moves there',
      async (location) => {
        const specialist = await stage.make.specialist([service]);
        await move(specialist, location);
        return specialist;
      },
    ],
    ['is new there', (location) => stage.make.specialist([service], { location })],
  ];
  const cases = changes.flatMap(([what, change, days]) => arrivals.map(([how, arrive]) => ({ what, change, days, how, arrive })));

  describe.each(cases)('$what is not committed yet, somebody $how', ({ change, days, arrive }) => {
    /** He has come and his days are stored as they are without the change; then the change is committed. */
    async function meet() {
      const location = await stage.make.location();
      await closed(location, 5);
      await stage.drain();
      const unseen = await holdOpen(stage.database.url, change(location));
      const specialist = await arrive(location);
      await stage.drain();
      const before = await stage.stored(specialist);
      expect(before).toEqual(await stage.fresh(specialist));
      await unseen.commit();
      return { specialist, before };
    }

    test('the worker stores his days as they are after both', async () => {
      const { specialist, before } = await meet();
      await stage.drain();
      const after = await stage.stored(specialist);
      expect(changed(before, after)).toEqual(days);
      expect(after).toEqual(await stage.fresh(specialist));
      expect(await isAnySlotChanged(stage.db)).toBe(false);
    });

    test('and whoever reads before the worker has seen to it sees them', async () => {
      const { specialist, before } = await meet();
      const seen = await read(specialist);
      expect(changed(before, seen)).toEqual(days);
      expect(seen).toEqual(await stage.fresh(specialist));
    });
  });

  test('a specialist who arrives after the change was passed on is covered by their own change', async () => {
    const [location, specialist] = [await stage.make.location(), await stage.make.specialist([service])];
    await stage.drain();
    const unseen = await holdOpen(
      stage.database.url,
      `update specialists set location_id = ${location} where id = ${specialist}`,
    );
    await closed(location, 3);
    await stage.drain();
    const before = await stage.stored(specialist);
    await unseen.commit();
    await stage.drain();
    expect(changed(before, await stage.stored(specialist))).toEqual([3]);
    await isTrue(specialist);
  });

  test('a change of a location with more people than are calculated together is forgotten when it is done for all', async () => {
    const location = await stage.make.location();
    const people: number[] = [];
    for (let n = 0; n < 60; n += 1) people.push(await stage.make.specialist([service], { location }));
    await stage.drain();
    await closed(location, 3);
    expect(await stage.drain()).toEqual({ changes: 60, specialists: 60, days: 60 });
    for (const person of people) await isTrue(person);
    expect(await isAnySlotChanged(stage.db)).toBe(false);
  });

  test('a change that one worker is passing on is left alone by another, which does not wait', async () => {
    const location = await stage.make.location();
    const specialist = await stage.make.specialist([service], { location });
    await stage.drain();
    await closed(location, 3);
    const first = await holdOpen(stage.database.url, 'select from slot_changes for update');
    expect(await stage.drain()).toEqual({ changes: 0, specialists: 0, days: 0 });
    await first.commit();
    expect(await stage.drain()).toEqual({ changes: 1, specialists: 1, days: 1 });
    await isTrue(specialist);
  });

  test('a specialist who is being deleted holds up nobody else there', async () => {
    const location = await stage.make.location();
    const [goes, stays] = [await stage.make.specialist([], { location }), await stage.make.specialist([service], { location })];
    await stage.drain();
    await closed(location, 3);
    const deleting = await holdOpen(stage.database.url, `delete from users where id = ${goes}`);
    const drained = stage.drain();
    await waitingForLock(stage.db);
    await deleting.commit();
    expect(await drained).toEqual({ changes: 1, specialists: 1, days: 1 });
    await isTrue(stays);
  });
});
