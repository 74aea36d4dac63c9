import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import type { TestApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

const id = sql.type(z.object({ id: z.int() }));

/** People of a BJJ academy in a test's database, and what they did. */
export function academy(api: TestApi) {
  const { db } = api;
  const make = studio(db);
  return {
    make,
    belt: (name: string, path = 'adult') =>
      db.oneFirst(id`select id from belts where program = 'BJJ' and path = ${path} and name = ${name}`),
    async student(birth: string | null = '1990-05-05') {
      const student = await make.student();
      await db.query(sql.unsafe`update users set birth_date = ${birth}::date where id = ${student}`);
      return student;
    },
    award: async (
      student: number,
      belt: number,
      on: string,
      { stripes = 0, reason = 'as it was before' as string | null } = {},
    ) =>
      api.post(`/api/students/${student}/belts`, {
        belt_id: belt,
        stripes,
        awarded_on: on,
        ...(reason ? { skip_reason: reason } : {}),
      }),
    currentBelt: (student: number) => db.oneFirst(sql.unsafe`select current_belt from students where id = ${student}`),
    /** A training of the program that a student was marked in. */
    async came(student: number, on: string, { status = 'PRESENT', program = 'BJJ' } = {}) {
      const type = await make.type();
      await db.query(sql.unsafe`update training_types set program = ${program} where id = ${type}`);
      const training = await db.oneFirst(id`
        insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
        values (${type}, ${await make.trainer()}, ${on}::date, '18:00', ${on}::date + interval '15 hours', ${on}::date + interval '16 hours', 5, 0, 'completed')
        returning id`);
      return db.oneFirst(id`
        insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${status}) returning id`);
    },
  };
}
