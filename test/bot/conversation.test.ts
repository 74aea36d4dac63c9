import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { ADMIN, type Stage, stage } from './stage.ts';

let house: Stage;
let isBroken = true;
beforeAll(async () => {
  house = await stage();
  house.startBot();
  await house.work('generation', {
    generation: async () => {
      if (isBroken) throw new UnrecoverableError('the room "Зал 2" has no location');
      return {
        status: 'success',
        result: {},
        details: {},
        counts: { trainings_processed: 21, students_added: 34 },
      };
    },
  });
});
afterAll(() => house.close());

test('an evening: status, run, confirm, failure, retry', async () => {
  await house.write(ADMIN, '/start');
  await house.write(ADMIN, '/status');
  await house.write(ADMIN, '/run generation 2026-11-23');
  await house.press(ADMIN, 'Запустить');
  await house.over(1);
  //D
  isBroken = false;
  await house.write(ADMIN, '/retry 1');
  await house.over(2);
  await house.write(ADMIN, '/runs');
  await house.write(ADMIN, '/history 7d');
  await house.write(ADMIN, '/schedule');
  await house.write(ADMIN, '/pause daily');
  await house.write(ADMIN, '/status');
  await house.write(ADMIN, '/resume daily');
  const said = house.told.since(ADMIN);
  if (process.env.SHOW) console.log(said, house.told.toasts());
  expect(said).toContain('x');
}, 60_000);
