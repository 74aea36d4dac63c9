import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { nightShift, register, trainingIn } from './night.ts';

let shift: Awaited<ReturnType<typeof nightShift>>;
beforeAll(async () => {
  shift = await nightShift(markPresent);
});
afterAll(() => shift.close());

test('in the course of a day its trainings are nobody’s debt; once its night is over they are', async () => {
  const { api, make } = shift;
  const today = dayOf(new Date(), 'Europe/Moscow');
  const night = (date: string) =>
    api.post('/real-trainings/process-daily-operations', { date }, { headers: { Prefer: 'wait=20' } });
  const audited = async (query = '') => (await api.get(`/api/audit${query}`)).body;
  const isMorning = dayOf(new Date(Date.now() + 43_200_000), 'Europe/Moscow') === today;
  const trainingToday = () => trainingIn(shift, isMorning ? 1 : -1);
  const training = await trainingToday();
  await register(api, training.id, await make.student());
  expect(await audited()).toMatchObject({ date: addDays(today, -1), square: true });
  expect(await audited(`?date=${today}`)).toMatchObject({ square: false, findings: [{ rule: 'never_charged' }] });

  expect((await night(addDays(today, -4))).status).toBe(200);
  expect(await audited()).toMatchObject({ date: addDays(today, -4), square: true });
  expect((await night(today)).status).toBe(200);
  expect(await audited()).toMatchObject({ date: today, square: true });
  await register(api, (await trainingToday()).id, await make.student());
  expect(await audited()).toMatchObject({ date: today, square: false, findings: [{ rule: 'never_charged' }] });
});
