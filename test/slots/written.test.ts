import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fleet } from '../../queues/process/fleet.ts';
import { offersOf } from '../../workers/slots/offers.ts';
import { slotsWritten } from '../../workers/slots/written.ts';
import { salon } from '../bookings/salon.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { forgetAll, type SlotStage, slotStage } from './stage.ts';

describe.each(backendKinds)('a write, on %s', (kind) => {
  let stage: SlotStage;
  let make: ReturnType<typeof salon>;
  let service: number;
  let specialist: number;
  /** How often the database was asked whether a calendar was changed, and how often the job was enqueued. */
  let looks = 0;
  let rings = 0;
  let fleet: Fleet;
  beforeAll(async () => {
    stage = await slotStage(kind);
    make = salon(stage.db);
    service = await make.service();
    specialist = await make.specialist([service]);
    const count = async (...asked: Parameters<typeof stage.db.oneFirst>) => {
      const answer = await stage.db.oneFirst(...asked);
      looks += 1;
      return answer;
    };
    const enqueue = (...asked: Parameters<typeof stage.backend.queue>) => {
      rings += 1;
      return stage.backend.queue(...asked);
    };
    fleet = {
      ...stage.fleet,
      db: Object.assign(Object.create(stage.db), { oneFirst: count }),
      backend: Object.assign(Object.create(stage.backend), { queue: enqueue }),
    };
    await make.someType();
  });
  beforeEach(async () => {
    await forgetAll(stage.db);
    await stage.backend.queue('slot-recalc').obliterate({ force: true });
    looks = 0;
    rings = 0;
  });
  afterAll(() => stage.close());

  const payload = () => stage.backend.queue('slot-recalc').getJob('drain');
  const written = (draining = new AbortController().signal) => slotsWritten(fleet, draining);
  let day = 2;
  function changeCalendar() {
    day += 1;
    return make.training({ trainer: specialist, at: `${stage.days()[day]}T10:00:00Z` });
  }

  test('that changed a calendar enqueues; several together enqueue once', async () => {
    await changeCalendar();
    const tell = written();
    for (let n = 0; n < 5; n += 1) tell();
    await eventually(payload);
    expect({ looks, rings }).toEqual({ looks: 1, rings: 1 });
  });

  test('that changed none does not enqueue, and the next one that does is heard', async () => {
    const tell = written();
    tell();
    await eventually(() => looks === 1);
    await changeCalendar();
    tell();
    await eventually(payload);
    expect({ looks, rings }).toEqual({ looks: 2, rings: 1 });
  });

  test('of either kind makes this process forget the offers it has read', async () => {
    const wish = { serviceId: service, zone: stage.zone };
    const offers = offersOf(fleet);
    const before = await offers.read(stage.db, wish);
    expect(await offers.read(stage.db, wish)).toBe(before);
    written()();
    expect(await offers.read(stage.db, wish)).not.toBe(before);
  });
});
