import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { ALWAYS, salon } from '../bookings/salon.ts';
import type { Json } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { at, type ByHand, byHand, dayIn } from '../trainings/scene.ts';

let scene: ByHand;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  scene = await byHand();
  make = salon(scene.db);
});
afterAll(() => scene.close());

const ask = (from: string, to: string) => scene.api.get(`/api/board/days?from=${from}&to=${to}`);
const dayOfIt = async (day: string): Promise<Json> => (await ask(day, day)).body.items[0];

test('trainings that stand and that were called off, places, bookings, and who is away are counted by the studio’s days', async () => {
  const day = dayIn(20);
  const trainer = await scene.make.trainer();
  const [first] = [
    await scene.training({ trainer_id: trainer, starts_at: at(day, '00:00') }),
    await scene.training({ trainer_id: trainer, starts_at: at(day, '23:00') }),
  ];
  const gone = await scene.training({ trainer_id: trainer, starts_at: at(day, '12:00') });
  await scene.training({ trainer_id: trainer, starts_at: at(addDays(day, 1), '00:30') });
  await scene.api.post(`/real-trainings/${gone.id}/cancel`, { reason: 'the boiler' });
  await scene.seat(first?.id, await scene.make.student(), await scene.make.student());
  const service = await make.service();
  const specialist = await make.specialist([service]);
  for (const clock of ['00:00', '23:45'])
    await make.booking({ client: await make.client(), specialist, service, at: at(day, clock), minutes: 15 });
  await make.booking({ client: await make.client(), specialist, service, at: at(addDays(day, -1), '23:00'), minutes: 15 });
  await scene.api.post('/api/specialist-absences', { specialist_id: specialist, from: at(day, '10:00'), to: at(day, '11:00') });
  await scene.api.post('/api/specialist-absences', { specialist_id: specialist, from: addDays(day, 2), to: addDays(day, 3) });

  const { status, body } = await ask(addDays(day, -1), addDays(day, 2));
  expect(status).toBe(200);
  expect(body.items.map(({ trainings, cancelled, registered, bookings, away }: Json) => [trainings, cancelled, registered, bookings, away])).toEqual([
    [0, 0, 0, 1, 0],
    [2, 1, 2, 2, 1],
    [1, 0, 0, 0, 0],
    [0, 0, 0, 0, 1],
  ]); // biome-ignore format: one day a line
});

test('a day is closed when no location is open: by its hours, by an override, or by a day off; an override wins', async () => {
  const location = await make.location({ ...ALWAYS, 6: [] });
  const sunday = addDays(dayIn(30), 7 - new Date(dayIn(30)).getUTCDay());
  const [off, opened] = [addDays(sunday, 1), addDays(sunday, 2)];
  await scene.api.post('/api/calendar-days', { date: off, kind: 'off', name: 'New Year' });
  await scene.api.post('/api/calendar-days', { date: opened, kind: 'off', name: 'New Year' });
  await scene.db.query(sql.unsafe`
    insert into calendar_overrides (location_id, day, intervals, reason) values
      (${location}, ${opened}::date, '[["10:00", "12:00"]]', null), (${location}, ${addDays(sunday, 3)}::date, '[]', 'repairs')`);
  const { body } = await ask(sunday, addDays(sunday, 4));
  expect(body.items.map(({ is_closed, closed_for }: Json) => [is_closed, closed_for])).toEqual([
    [true, null],
    [true, 'New Year'],
    [false, null],
    [true, 'repairs'],
    [false, null],
  ]);
  // Another place that is open makes it a day of work.
  const second = await make.location();
  expect((await dayOfIt(sunday)).is_closed).toBe(false);
  await scene.db.query(sql.unsafe`delete from locations where id in (${location}, ${second})`);
});

test('hours are those of the week, unless an override or a day off says otherwise; of specialists the exceptions alone', async () => {
  const location = await make.location({ ...ALWAYS, 0: [['09:00', '18:00']], 6: [] });
  const free = await make.location({});
  const specialist = await make.specialist([]);
  const monday = addDays(dayIn(60), 8 - (new Date(dayIn(60)).getUTCDay() || 7));
  await scene.api.post('/api/calendar-days', { date: addDays(monday, 1), kind: 'off', name: 'New Year' });
  await scene.db.query(sql.unsafe`
    insert into calendar_overrides (location_id, specialist_id, day, intervals, reason) values
      (null, ${specialist}, ${monday}::date, '[]', 'exam'), (${location}, null, ${addDays(monday, 1)}::date, '[["10:00", "12:00"]]', 'inventory')`);
  const { status, body } = await scene.api.get(`/api/board/hours?from=${addDays(monday, -1)}&to=${addDays(monday, 1)}`);
  expect(status).toBe(200);
  const said = (of: Json) => body.items.filter((one: Json) => Object.entries(of).every(([key, value]) => one[key] === value)).map(
    ({ open, is_exception, closed_for }: Json) => [open, is_exception, closed_for],
  ); // biome-ignore format: one question
  expect(said({ location_id: location })).toEqual([
    [[], false, null],
    [[['09:00', '18:00']], false, null],
    [[['10:00', '12:00']], true, 'inventory'],
  ]);
  expect(said({ location_id: free })).toEqual([
    [null, false, null],
    [null, false, null],
    [[], true, 'New Year'],
  ]);
  expect(said({ specialist_id: specialist }).slice(0, 1)).toEqual([[[], true, 'exam']]);
  await scene.db.query(sql.unsafe`delete from locations where id in (${location}, ${free})`);
});

test('a trainer counts the own entries alone', async () => {
  const day = dayIn(50);
  const trainer = await personOf(scene.api, 'trainer');
  await scene.training({ trainer_id: trainer.id, starts_at: at(day, '10:00') });
  await scene.training({ starts_at: at(day, '10:00') });
  const { body } = await trainer.ask('GET', `/api/board/days?from=${day}&to=${day}`);
  expect(body.items[0].trainings).toBe(1);
  expect((await dayOfIt(day)).trainings).toBe(2);
  const client = await personOf(scene.api, 'client');
  expect((await client.ask('GET', `/api/board/days?from=${day}&to=${day}`)).status).toBe(403);
});

test.each([
  [0, 200],
  [61, 200],
  [62, 422],
  [-1, 422],
])('from a day to %i days later is %i', async (days, status) => {
  expect((await ask(dayIn(1), addDays(dayIn(1), days))).status).toBe(status);
});
