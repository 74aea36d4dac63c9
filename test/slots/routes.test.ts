import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { horizonOf } from '../../workers/slots/horizon.ts';
import { slotKey } from '../../workers/slots/redis-slots.ts';
import { ALWAYS, at, HOUR, salon } from '../bookings/salon.ts';
import { backendKinds, testBackend } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

const ZONE = 'Europe/Moscow';

describe.each(backendKinds)('on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  beforeAll(async () => {
    api = await testApi({ backend: (url) => testBackend(kind, url), settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
    make = salon(api.db);
    await eventually(() =>
      api.fleet.backend.ping().then(
        () => true,
        () => false,
      ),
    );
    await api.fleet.backend.redis?.flushdb();
    await make.someType();
  });
  afterAll(() => api.close());

  const today = () => dayOf(new Date(), ZONE);
  const day = (n: number) => addDays(today(), n);
  const ask = (query: Record<string, string | number>) =>
    api.get(`/slots?${new URLSearchParams(query as Record<string, string>)}`);
  /** Wall times of the first day of the first specialist. */
  const times = (answer: Json, n = 0): string[] =>
    answer.specialists[0].days[n].starts.map((start: string) =>
      new Date(Date.parse(start) + 3 * HOUR).toISOString().slice(11, 16),
    );
  const noon = { ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [n, [['12:00', '14:00']]])) };

  async function scene({ minutes = 60, pause = 0, schedule = noon as object } = {}) {
    const service = await make.service({ minutes, pause });
    const specialist = await make.specialist([service], { schedule });
    return { service_id: service, specialist_id: specialist, from: day(2), days: 1 };
  }

  test('free starts of a specialist, as instants that can be booked', async () => {
    const query = await scene();
    const { status, body } = await ask(query);
    expect(status).toBe(200);
    expect(body).toEqual({
      service_id: query.service_id,
      duration_minutes: 60,
      break_minutes: 0,
      zone: ZONE,
      specialists: [
        {
          specialist_id: query.specialist_id,
          location_id: null,
          days: [{ date: day(2), starts: ['12:00', '12:15', '12:30', '12:45', '13:00'].map((time) => at(2, time)) }],
        },
      ],
    });
    const [start] = body.specialists[0].days[0].starts;
    const booked = await api.post('/bookings', {
      client_id: await make.client(),
      service_id: query.service_id,
      specialist_id: query.specialist_id,
      starts_at: start,
    });
    expect(booked.status).toBe(201);
    expect(times((await ask(query)).body)).toEqual(['13:00']);
    await api.post(`/bookings/${booked.body.id}/cancel`, { reason: 'передумал' });
    expect(times((await ask(query)).body)).toHaveLength(5);
  });

  test('every start that is offered can be booked, and none beside it', async () => {
    const query = await scene({ minutes: 50, pause: 10 });
    await make.training({ trainer: query.specialist_id, at: at(2, '12:40'), minutes: 10 });
    expect(times((await ask(query)).body)).toEqual(['13:00']);
    for (const [time, status] of [
      ['12:45', 409],
      ['13:15', 409],
      ['13:00', 201],
    ] as const) {
      const wish = { client_id: await make.client(), service_id: query.service_id, specialist_id: query.specialist_id };
      expect((await api.post('/bookings', { ...wish, starts_at: at(2, time) })).status).toBe(status);
    }
    expect(times((await ask(query)).body)).toEqual([]);
  });

  test('a break may hang over closing time, but not over a booking', async () => {
    const query = await scene({ minutes: 30, pause: 60 });
    expect(times((await ask(query)).body).at(-1)).toBe('13:30');
    await make.training({ trainer: query.specialist_id, at: at(2, '14:15'), minutes: 60 });
    expect(times((await ask(query)).body).at(-1)).toBe('12:45');
  });

  test('a change by SQL is seen within moments', async () => {
    const query = await scene();
    const seen = (expected: (string | undefined)[]) =>
      eventually(async () => {
        const found = times((await ask(query)).body);
        return [found[0], found.at(-1)].join() === expected.join();
      }, 5);
    await seen(['12:00', '13:00']);
    await api.db.query(sql.unsafe`
      insert into calendar_overrides (specialist_id, day, intervals) values (${query.specialist_id}, ${day(2)}::date, '[["20:00", "23:59:59"]]')`);
    await seen(['20:00', '23:00']);
    await api.db.query(sql.unsafe`delete from calendar_overrides where specialist_id = ${query.specialist_id}`);
    await seen(['12:00', '13:00']);
    await api.db.query(sql.unsafe`
      insert into specialist_absences (specialist_id, from_at, to_at)
      values (${query.specialist_id}, ${at(2, '13:00')}::timestamptz, ${at(2, '15:00')}::timestamptz)`);
    await seen(['12:00', '12:00']);
  });

  test('records through the route count as well', async () => {
    const query = await scene();
    await ask(query);
    const changed = await api.patch(`/api/specialists/${query.specialist_id}`, { work_schedule: ALWAYS });
    expect(changed.status).toBe(200);
    expect(times((await ask(query)).body)).toHaveLength(96);
  });

  test('over midnight, and up to the last day of the horizon', async () => {
    const query = await scene({ schedule: ALWAYS });
    const last = await ask({ ...query, from: day(59), days: 5 });
    expect(last.body.specialists[0].days.map(({ date }: Json) => date)).toEqual([day(59)]);
    expect(times(last.body).at(-1)).toBe('23:45');
    await make.training({ trainer: query.specialist_id, at: at(60, '00:30'), minutes: 60 });
    expect(times((await ask({ ...query, from: day(59) })).body).at(-1)).toBe('23:30');
    const all = await ask({ ...query, from: today(), days: 60 });
    expect(all.body.specialists[0].days.map(({ date }: Json) => date)).toEqual(horizonOf(today()));
  });

  test('only the days of the horizon are stored, each under its key', async () => {
    const query = await scene({ schedule: ALWAYS });
    await ask({ ...query, from: today(), days: 60 });
    const stored =
      kind === 'redis'
        ? await api.fleet.backend.redis?.keys(slotKey(query.specialist_id, '*'))
        : await api.db.anyFirst(
            sql.unsafe`select day from slots_preview where specialist_id = ${query.specialist_id} order by day`,
          );
    expect([...(stored ?? [])].map((key) => String(key).slice(-10)).sort()).toEqual(horizonOf(today()));
  });

  test('nothing that has begun (D34)', async () => {
    const query = await scene({ minutes: 15, schedule: ALWAYS });
    const before = Date.now();
    const { body } = await ask({ ...query, from: today(), days: 2 });
    const starts = body.specialists[0].days.flatMap((date: Json) => date.starts).map(Date.parse);
    expect(starts[0]).toBeGreaterThan(before);
    expect(starts[0]).toBeLessThanOrEqual(Date.now() + 900_000);
  });

  describe('anyone', () => {
    let service: number;
    let people: number[];
    let place: number;
    beforeAll(async () => {
      service = await make.service();
      place = await make.location();
      const hours = (from: string, to: string) => Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [n, [[from, to]]]));
      people = [
        await make.specialist([service], { schedule: hours('10:00', '12:00') }),
        await make.specialist([service], { schedule: hours('11:00', '13:00'), location: place }),
      ];
    });
    test('each, and when at least one is free', async () => {
      const { body } = await ask({ service_id: service, from: day(3), days: 1 });
      expect(body.specialists.map((specialist: Json) => [specialist.specialist_id, specialist.location_id])).toEqual([
        [people[0], null],
        [people[1], place],
      ]);
      expect(body.any).toEqual([
        {
          date: day(3),
          starts: ['10:00', '10:15', '10:30', '10:45', '11:00', '11:15', '11:30', '11:45', '12:00'].map((time) => at(3, time)),
        },
      ]);
    });
    test('at a location', async () => {
      const { body } = await ask({ service_id: service, location_id: place, from: day(3), days: 1 });
      expect(body.specialists.map((specialist: Json) => specialist.specialist_id)).toEqual([people[1]]);
      const elsewhere = await make.location();
      expect((await ask({ service_id: service, location_id: elsewhere })).body).toMatchObject({ specialists: [], any: [] });
    });
    test('an inactive specialist is not offered', async () => {
      await api.db.query(sql.unsafe`update users set is_active = false where id = ${people[0]!}`);
      await eventually(async () => {
        const { body } = await ask({ service_id: service, from: day(3), days: 1 });
        return body.specialists.map((specialist: Json) => specialist.specialist_id).join() === String(people[1]);
      }, 5);
      await api.db.query(sql.unsafe`update users set is_active = true where id = ${people[0]!}`);
    });
    test('too many days of too many specialists are refused', async () => {
      const popular = await make.service();
      for (let n = 0; n < 51; n += 1) await make.specialist([popular]);
      const { status, body } = await ask({ service_id: popular, days: 60 });
      expect(status).toBe(422);
      expect(body.errors).toEqual([{ path: 'days', message: expect.stringContaining('at most 58 for 51 specialists') }]);
      expect((await ask({ service_id: popular, days: 58 })).status).toBe(200);
    });
  });

  describe('bad input is named', () => {
    let query: Record<string, string | number>;
    beforeAll(async () => {
      query = await scene();
    });
    test.each<[string, Record<string, string | number>, string]>([
      ['no service', { service_id: '' }, 'service_id'],
      ['a service that does not exist', { service_id: 99_999 }, 'service_id'],
      ['text', { service_id: 'x' }, 'service_id'],
      ['a specialist who does not exist', { specialist_id: 99_999 }, 'specialist_id'],
      ['zero', { specialist_id: 0 }, 'specialist_id'],
      ['beyond an id', { location_id: 3_000_000_000 }, 'location_id'],
      ['a location that does not exist', { location_id: 5_000 }, 'location_id'],
      ['a date that does not exist', { from: '2027-02-29' }, 'from'],
      ['an instant', { from: '2026-11-25T00:00:00Z' }, 'from'],
      ['no days', { days: 0 }, 'days'],
      ['61 days', { days: 61 }, 'days'],
      ['half a day', { days: '1.5' }, 'days'],
      ['another field', { when: 'now' }, 'when'],
    ])('%s', async (_, wrong, path) => {
      const { status, body } = await ask({ ...query, ...wrong });
      expect({ status, paths: body.errors?.map((error: Json) => error.path) }).toEqual({ status: 422, paths: [path] });
    });
    test('the edges of the horizon', async () => {
      const status = async (n: number) => (await ask({ ...query, from: day(n) })).status;
      expect([await status(-1), await status(0), await status(59), await status(60)]).toEqual([422, 200, 200, 422]);
    });
    test('a service that is not active', async () => {
      const other = await scene();
      await api.db.query(sql.unsafe`update services set is_active = false where id = ${other.service_id}`);
      expect((await ask(other)).body.errors[0].message).toContain('not active');
    });
    test('a key without the scope', async () => {
      const key = await api.key('bookings:read');
      expect((await api.get(`/slots?service_id=${query.service_id}`, { key })).status).toBe(403);
      expect((await api.get(`/slots/stream?specialist_id=${query.specialist_id}`, { key })).status).toBe(403);
      expect((await api.get(`/slots?service_id=${query.service_id}`, { key: await api.key('slots:read') })).status).toBe(200);
    });
  });

  describe('POST /internal/slots/recalc', () => {
    beforeEach(() => api.fleet.backend.queue('slot-recalc').obliterate({ force: true }));
    test('is a run, and its days are stale from then on', async () => {
      const { specialist_id } = await scene();
      await api.db.query(sql.unsafe`delete from slot_changes`);
      const body = { specialist_id, dates: [day(1), day(0)] };
      const first = await api.post('/internal/slots/recalc', body);
      expect(first).toMatchObject({ status: 202, body: { process_type: 'slot_recalc', status: 'queued' } });
      const changes = await api.db.any(sql.unsafe`select specialist_id, from_day, to_day from slot_changes order by from_day`);
      expect(changes).toEqual([day(0), day(1)].map((date) => ({ specialist_id, from_day: date, to_day: date })));
      const second = await api.post('/internal/slots/recalc', body);
      expect(second.body.run_id).toBe(first.body.run_id);
    });
    test.each<[string, object, string]>([
      ['nobody', { dates: ['2026-11-25'] }, 'specialist_id'],
      ['somebody who does not exist', { specialist_id: 99_999, dates: ['2026-11-25'] }, 'specialist_id'],
      ['no dates', { specialist_id: 1 }, 'dates'],
      ['an empty list', { specialist_id: 1, dates: [] }, 'dates'],
      ['a date that does not exist', { specialist_id: 1, dates: ['2026-11-25', '2026-02-30'] }, 'dates.1'],
      ['the year 0', { specialist_id: 1, dates: ['0000-01-01'] }, 'dates.0'],
      ['another field', { specialist_id: 1, dates: ['2026-11-25'], again: true }, 'again'],
    ])('%s', async (_, body, path) => {
      const { status, body: problem } = await api.post('/internal/slots/recalc', body);
      expect({ status, path: problem.errors?.[0]?.path }).toEqual({ status: 422, path });
    });
    test('a key needs run:slot_recalc', async () => {
      const body = { specialist_id: 1, dates: [day(0)] };
      expect((await api.post('/internal/slots/recalc', body, { key: await api.key('slots:read') })).status).toBe(403);
    });
  });

  test('a write enqueues for the worker soon', async () => {
    const query = await scene();
    const queue = api.fleet.backend.queue('slot-recalc');
    await queue.obliterate({ force: true });
    await api.patch(`/api/specialists/${query.specialist_id}`, { work_schedule: ALWAYS });
    expect(await eventually(() => queue.getJob('drain'))).toBeTruthy();
  });
});
