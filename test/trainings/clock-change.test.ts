import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { instantOf } from '../../queues/time/wall-time.ts';
import { dayOfClockChange } from '../support/days.ts';
import type { Json } from '../support/front-door.ts';
import { type ByHand, byHand } from './scene.ts';

const BERLIN = 'Europe/Berlin';
let scene: ByHand;
beforeAll(async () => {
  scene = await byHand({ STUDIO_TZ: BERLIN });
});
afterAll(() => scene.close());

const changeDay = (forward: boolean) => dayOfClockChange(BERLIN, forward);
const wall = (day: string, time: string) => instantOf(new Date(`${day}T${time}:00Z`), BERLIN).toISOString();

test.each([
  ['on', true],
  ['back', false],
])(
  'over the night in which the clocks go %s: length and instants are kept, day and time are the studio’s',
  async (_, forward) => {
    const sunday = changeDay(forward);
    const training = await scene.training({ starts_at: wall(addDays(sunday, -1), '18:00'), duration_minutes: 90 });
    const to = { starts_at: wall(sunday, '18:00'), version: training.version };
    const moved = await scene.api.patch(`/real-trainings/${training.id}`, to);
    expect(moved.body).toMatchObject({ training_date: sunday, start_time: '18:00:00', starts_at: to.starts_at });
    expect(Date.parse(moved.body.ends_at) - Date.parse(moved.body.starts_at)).toBe(90 * 60_000);
    expect(Date.parse(moved.body.starts_at) - Date.parse(training.starts_at)).toBe((forward ? 23 : 25) * 3_600_000);
    const night = await scene.api.patch(`/real-trainings/${training.id}`, {
      starts_at: wall(sunday, '01:30'),
      duration_minutes: 120,
      version: moved.body.version,
    });
    expect(night.body).toMatchObject({ training_date: sunday, start_time: '01:30:00' });
    expect(Date.parse(night.body.ends_at) - Date.parse(night.body.starts_at)).toBe(120 * 60_000);
    expect((await scene.api.post(night.body.undo.href)).status).toBe(200);
    expect(await scene.trainings([training.id])).toMatchObject([{ start_time: '18:00:00', starts_at: to.starts_at }]);
  },
);

test('a series keeps its wall time: what the gap swallows is after it, of what there is twice the first is meant', async () => {
  const made = async (sunday: string) => {
    const wish = {
      weekdays: [6, 7],
      start_time: '02:30',
      from: addDays(sunday, -1),
      until: sunday,
      training_type_id: await scene.make.type(),
      trainer_id: await scene.make.trainer(),
    };
    const { body } = await scene.api.post('/real-trainings/series', wish);
    return (body.trainings as Json[]).map(({ training_date, start_time, starts_at }) => [training_date, start_time, starts_at]);
  };
  const spring = changeDay(true);
  expect(await made(spring)).toEqual([
    [addDays(spring, -1), '02:30:00', `${addDays(spring, -1)}T01:30:00.000Z`],
    [spring, '03:30:00', `${spring}T01:30:00.000Z`],
  ]);
  const autumn = changeDay(false);
  expect(await made(autumn)).toEqual([
    [addDays(autumn, -1), '02:30:00', `${addDays(autumn, -1)}T00:30:00.000Z`],
    [autumn, '02:30:00', `${autumn}T00:30:00.000Z`],
  ]);
});
