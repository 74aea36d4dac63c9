import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { readSlotOffer } from '../../sql/slots/offer.ts';
import { calculateDays } from '../../workers/slots/calculate.ts';
import { currentDays } from '../../workers/slots/read.ts';
import { storeGrids } from '../../workers/slots/store.ts';
import { ALWAYS } from '../bookings/salon.ts';
import { backendKinds } from '../support/backends.ts';
import { rounds } from '../support/nightly-only.ts';
import { dayOfPerson, type Interval, type Person } from './reference.ts';
import { type SlotStage, slotStage } from './stage.ts';
import { storm } from './storm.ts';

const SPECIALISTS = 24;
const OPERATIONS = rounds({ daily: 1_500, nightly: 10_000 });
const LANES = 6;

describe.each(backendKinds)('on %s', (kind) => {
  let stage: SlotStage;
  let people: Parameters<typeof storm>[1];
  beforeAll(async () => {
    stage = await slotStage(kind, 'Europe/Berlin');
    const { make } = stage;
    await make.someType();
    const locations = [await make.location(), await make.location(ALWAYS)];
    const services = [await make.service(), await make.service()];
    const specialists: number[] = [];
    for (let n = 0; n < SPECIALISTS; n += 1) {
      specialists.push(await make.specialist(services, { location: [...locations, null][n % 3] }));
    }
    const clients = await Promise.all(Array.from({ length: 50 }, () => make.client()));
    people = { specialists, locations, services, clients };
  });
  afterAll(() => stage.close());

  test(`after ${OPERATIONS} operations the stored grids are what the book says`, async () => {
    const { slots, store, zone, db } = stage;
    const winds = Array.from({ length: LANES }, (_, n) => storm(stage, people, 20_261_121 + n));
    let done = 0;
    let isOver = false;
    await stage.drain();
    /** Readers calculate what is missing or stale, and one of them takes his time before he stores what he calculated. */
    const reader = async () => {
      const { draw } = winds[0]!;
      while (!isOver) {
        const specialistId = draw.pick(people.specialists);
        const offer = await readSlotOffer(db, { serviceId: people.services[0]!, specialistId, zone });
        await currentDays(slots, [specialistId], stage.days(), offer!);
        const old = await calculateDays(db, zone, [{ specialistId, days: stage.days().slice(0, 20) }]);
        setTimeout(() => void late.push(storeGrids(store, zone, old)), draw.int(0, 400));
        await new Promise((next) => setTimeout(next, draw.int(20, 80)));
      }
    };
    const late: Promise<unknown>[] = [];
    const worker = async () => {
      while (!isOver) {
        await stage.drain();
        await new Promise((next) => setTimeout(next, 80));
      }
    };
    const others = [reader(), worker(), worker()];
    await Promise.all(
      winds.map(async (wind) => {
        for (let n = 0; n < OPERATIONS / LANES; n += 1) if (await wind.blow()) done += 1;
      }),
    );
    isOver = true;
    await Promise.all(others);
    await stage.drain();
    await new Promise((next) => setTimeout(next, 450));
    await Promise.all(late);

    expect(done).toBeGreaterThan(OPERATIONS * 0.6);
    expect(await isAnySlotChanged(db)).toBe(false);
    for (const specialist of people.specialists) expect(await stage.stored(specialist)).toEqual(await stage.fresh(specialist));
  }, 600_000);

  test('and what the calendar of minutes says', async () => {
    for (const specialist of people.specialists.slice(0, 2)) {
      const days = stage.days().filter((_, n) => n % 6 === 0);
      const person = await personOf(stage, specialist);
      const stored = await stage.stored(specialist, stage.days());
      for (const day of days) {
        const truth = dayOfPerson(person, day);
        const text = stored.find((row) => row?.startsWith(day))?.slice(11) ?? '';
        const bits = (at: number) =>
          [0, 1, 2].flatMap((word) => {
            const value = Number.parseInt(text.slice(at + word * 8, at + word * 8 + 8), 16);
            return Array.from({ length: 32 }, (_, bit) => word * 32 + bit).filter((cell) => (value >>> (cell & 31)) & 1);
          });
        expect({ day, free: bits(0), taken: bits(24) }).toEqual({
          day,
          free: [...truth.free].sort((a, b) => a - b),
          taken: [...truth.taken].sort((a, b) => a - b),
        });
      }
    }
  });

  test('a reader sees every committed change at once, worker or no worker', async () => {
    const wind = storm(stage, people, 7);
    for (let n = 0; n < 60; n += 1) {
      await wind.blow();
      if (n % 10 === 0) await stage.drain();
      const specialistId = wind.draw.pick(people.specialists);
      const offer = await readSlotOffer(stage.db, { serviceId: people.services[0]!, specialistId, zone: stage.zone });
      const found = (await currentDays(stage.slots, [specialistId], stage.days(), offer!)).get(specialistId);
      expect(found?.map((text, at) => `${stage.days()[at]} ${text}`)).toEqual(await stage.fresh(specialistId));
    }
  });
});

/** A specialist's calendar in minutes, read table by table. */
async function personOf({ db, zone }: SlotStage, specialist: number): Promise<Person> {
  const week = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));
  const span = sql.type(z.object({ from: z.number(), to: z.number() }));
  const pairs = (rows: readonly { from: number; to: number }[]) =>
    rows.map(({ from, to }) => [from * 1_000, to * 1_000] as const);
  const own = await db.one(sql.type(z.object({ work_schedule: week, location_id: z.int().nullable() }))`
    select work_schedule, location_id from specialists where id = ${specialist}`);
  const bot = own.location_id
    ? await db.oneFirst(
        sql.type(z.object({ work_schedule: week }))`select work_schedule from locations where id = ${own.location_id}`,
      )
    : null;
  const overridden = async (column: string, id: number): Promise<Record<string, Interval[]>> =>
    Object.fromEntries(
      (
        await db.any(sql.type(z.object({ day: z.string(), intervals: z.array(z.tuple([z.string(), z.string()])) }))`
          select day, intervals from calendar_overrides where ${sql.identifier([column])} = ${id}`)
      ).map(({ day, intervals }) => [day, intervals]),
    );
  return {
    zone,
    specialist: { ...own.work_schedule, ...(await overridden('specialist_id', specialist)) },
    location: bot && { ...bot, ...(await overridden('location_id', own.location_id!)) },
    taken: pairs([
      ...(await db.any(span`
        select date_part('epoch', starts_at) as from, date_part('epoch', busy_until) as to from bookings
        where specialist_id = ${specialist} and status <> 'CANCELLED'`)),
      ...(await db.any(span`
        select date_part('epoch', starts_at) as from, date_part('epoch', ends_at) as to from real_trainings
        where trainer_id = ${specialist} and status <> 'cancelled'`)),
    ]),
    absent: pairs(
      await db.any(span`
        select date_part('epoch', from_at) as from, date_part('epoch', to_at) as to from specialist_absences
        where specialist_id = ${specialist}`),
    ),
  };
}
