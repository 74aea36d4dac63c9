import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { watchSurroundings } from '../../queues/timetable/surroundings-watch.ts';
import { sql } from '../../sql/database/database.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { clockSkew, connectionsOf, skewedHosts } from '../../sql/schedule/server-state.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.db.query(sql.unsafe`truncate alerts, notifications, worker_beats cascade`));

const watch = (hosts: { host: string; skew_ms: number }[], used = 10) =>
  watchSurroundings({ db: database.db, settings: { adminChatIds: [1] } }, new Date(), async () => ({ hosts, used, most: 100 }));
const told = () =>
  database.db.anyFirst(sql.type(z.object({ template: z.string() }))`select template from notifications order by id`);

test('a clock that is more than two seconds wrong is one alarm a host, which ends below one second', async () => {
  const one = (skew_ms: number) => [{ host: 'one', skew_ms }];
  for (const skew of [2_000, -2_000]) await watch(one(skew));
  expect(await told()).toEqual([]);
  for (const skew of [2_001, -2_001, 1_500, 1_000]) await watch(one(skew));
  expect(await told()).toEqual(['clock_skewed']);
  await watch([...one(999), { host: 'two', skew_ms: -9_000 }]);
  expect(await told()).toEqual(['clock_skewed', 'alert_over', 'clock_skewed']);
});

test('more than 85 % of the connections in use is an alarm, which ends below 75 %', async () => {
  for (const used of [85, 86, 90, 75, 80]) await watch([], used);
  expect(await told()).toEqual(['connections_high']);
  await watch([], 74);
  expect(await told()).toEqual(['connections_high', 'alert_over']);
});

test('of each host the clock that is most wrong in the last minute counts', async () => {
  await noteHeartbeat(database.db, 'finance', 'one', 100);
  await noteHeartbeat(database.db, 'cleanup', 'one', -5_000);
  await noteHeartbeat(database.db, 'renewal', 'two', 7);
  await noteHeartbeat(database.db, 'notifier', 'three');
  await database.db.query(sql.unsafe`update worker_beats set seen_at = now() - interval '61 s' where host = 'two'`);
  expect(await skewedHosts(database.db)).toEqual([{ host: 'one', skew_ms: -5_000 }]);
});

test('the clock of this host is the database’s, as far as an answer can tell', async () => {
  const skew = await clockSkew(database.db);
  expect(Math.abs(skew ?? 0)).toBeLessThanOrEqual(500);
});

test('connections are those of clients', async () => {
  const { used, most } = await connectionsOf(database.db);
  expect(used).toBeGreaterThan(0);
  expect(most).toBeGreaterThan(used);
});
