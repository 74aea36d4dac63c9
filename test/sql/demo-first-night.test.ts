import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import type { WeekProgress } from '../../sql/generation/week.ts';
import { generate } from '../../workers/generation/generate.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { dry } from '../support/dry.ts';
import { beforehand } from '../support/weeks.ts';

const TODAY = '2026-11-18';
const WEEK = { start: '2026-11-23', zone: 'Europe/Moscow', graceDays: 7 };

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  await loadDemo(db, { today: TODAY });
});
afterAll(() => database.close());

const count = (from: ReturnType<typeof sql.fragment>) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from ${from}`);

const span = (name: string) => sql.fragment`int4range(
  extract(epoch from ${sql.identifier([name])}.start_time)::int / 60,
  extract(epoch from ${sql.identifier([name])}.start_time)::int / 60
    + (select duration_minutes from training_types where id = ${sql.identifier([name])}.training_type_id))`;
const meeting = sql.fragment`training_templates one join training_templates other
  on one.id < other.id and one.day_number = other.day_number and ${span('one')} && ${span('other')}`;

test('one trainer is promised twice, in two rooms, and no room is', async () => {
  expect(await count(sql.fragment`${meeting} where one.trainer_id = other.trainer_id and one.room_id <> other.room_id`)).toBe(1);
  expect(await count(sql.fragment`${meeting} where one.trainer_id = other.trainer_id`)).toBe(1);
  expect(await count(sql.fragment`${meeting} where one.room_id = other.room_id`)).toBe(0);
});

test('one to three students are linked to two groups at the same time', async () => {
  const torn = await count(sql.fragment`(select distinct mine.student_id from ${meeting}
      join training_student_templates mine on mine.training_template_id = one.id
      join training_student_templates too on too.training_template_id = other.id and too.student_id = mine.student_id) torn`);
  expect(torn).toBeGreaterThanOrEqual(1);
  expect(torn).toBeLessThanOrEqual(3);
});

test.each([
  ['Wednesday', TODAY, WEEK.start],
  ['Sunday', '2026-11-22', WEEK.start],
  ['Monday', '2026-11-23', '2026-11-30'],
  ['leap day', '2028-02-29', '2028-03-06'],
])('loaded on a %s, the week after meets one conflict, full groups and the busy', async (_, today, start) => {
  const other = await testDatabase();
  const { templates } = await loadDemo(other.db, { today });
  const { result, details } = await dry(other.db, 'generation', generate, { week_start: start }, beforehand({ start }).now);
  await other.close();
  const { trainings, students_added } = result as { trainings: { id: number }[]; students_added: number };
  const { warnings, conflicts } = details as Pick<WeekProgress, 'warnings' | 'conflicts'>;
  const progress = { created: trainings, students_added, warnings, conflicts };
  const full = progress.warnings.filter((warning) => warning.reason === 'full');
  expect(progress.conflicts).toMatchObject([{ reason: 'trainer_busy', training_type: 'Стретчинг', start_time: '19:30:00' }]);
  expect(progress.created).toHaveLength(templates - 1);
  expect(new Set(full.map((warning) => warning.training_template_id)).size).toBe(3);
  expect(full).toHaveLength(6);
  expect(progress.warnings.filter((warning) => warning.reason === 'student_busy')).toHaveLength(2);
  expect(progress.warnings).toHaveLength(8);
  expect(progress.students_added).toBeGreaterThan(200);
});

test('at least two groups have more students who would come than places', async () => {
  expect(
    await count(sql.fragment`(select from training_templates template
        join training_types type on type.id = training_type_id
        join training_student_templates link on link.training_template_id = template.id
        where not link.is_frozen and link.start_date <= ${WEEK.start}::date + (day_number - 1)
          and not exists (select from student_subscriptions held where held.student_id = link.student_id
            and ${WEEK.start}::date + (day_number - 1) between freeze_start_date and freeze_end_date)
        group by template.id, max_participants having count(*) > max_participants) overfull`),
  ).toBeGreaterThanOrEqual(2);
});
