import { afterEach, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { testDatabase } from '../support/database.ts';

afterEach(() => void jest.useRealTimers());

const HOUR = 3_600_000;

test.each([
  ['is replaced', false, false],
  ['for life is kept', true, true],
])('an hour later a connection %s', async (_, forLife, isSame) => {
  const { db, close } = await testDatabase({ max: 1, forLife });
  const session = () => db.oneFirst(sql.type(z.object({ pid: z.int() }))`select pg_backend_pid() as pid`);
  const first = await session();
  expect(await session()).toBe(first);
  jest.useFakeTimers({ now: Date.now() + HOUR, advanceTimers: true });
  expect((await session()) === first).toBe(isSame);
  jest.useRealTimers();
  await close();
});
