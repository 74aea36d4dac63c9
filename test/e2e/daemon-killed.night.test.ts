import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { ownFleet } from '../support/fleet.ts';

/* A whole fleet is started twice, which takes minutes: it is played at night. */
jest.setTimeout(900_000);
const fleet = await ownFleet();
afterAll(() => fleet.end());

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('when PM2’s daemon is killed, its apps end, and one start brings everything back with nothing lost', async () => {
  expect(await fleet.npm('start')).toMatchObject({ code: 0 });
  const { postgres, ...apps } = await fleet.pids();
  const asked = await fleet.ask('POST', '/real-trainings/generate-next-week', { again: true });
  expect(asked.status).toBe(202);
  process.kill(Number(readFileSync(join(fleet.dir, 'pm2', 'pm2.pid'), 'utf8')), 'SIGKILL');
  await eventually(() => Object.values(apps).every((pid) => !isAlive(pid)));
  // Its server has lost whoever looked after it, and nobody else may take its place as long as it lives.
  expect(isAlive(Number(postgres))).toBe(true);

  const { code, stdout, stderr } = await fleet.npm('start');
  expect({ code, stderr, words: /nobody looks after/.test(stdout) }).toEqual({ code: 0, stderr: '', words: true });
  expect(isAlive(Number(postgres))).toBe(false);
  const run = await eventually(async () => {
    const { body } = await fleet.ask('GET', `/process-history/${asked.body.run_id}`);
    return ['success', 'partial'].includes(body.status) ? body : null;
  });
  expect(run).toBeTruthy();
  expect(await fleet.npm('audit')).toMatchObject({ code: 0 });
  expect(await fleet.npm('start')).toMatchObject({ code: 0, stderr: '' });
});
