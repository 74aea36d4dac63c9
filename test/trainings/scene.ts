import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { followChanges } from '../../workers/undo/follow.ts';
import { emptyStudio } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

export const ZONE = 'Europe/Moscow';
/** Days until a far day. */
export const FAR = 10;
const reader = { locale: 'en', zone: ZONE, currency: 'RUB' } as const;
const noteRow = z.object({
  id: z.int(),
  user_id: z.int().nullable(),
  template: z.string(),
  params: z.record(z.string(), z.unknown()),
  status: z.string(),
  error: z.string().nullable(),
  is_held: z.boolean(),
});

/** An API with a studio in Moscow where trainings are made and moved by hand. */
export async function byHand(settings: Record<string, string> = {}) {
  const api: TestApi = await testApi({ settings });
  const make = studio(api.db);
  const { db } = api;
  const trainings = async (ids: number[]) =>
    (await Promise.all(ids.map((id) => api.get(`/real-trainings/${id}`)))).map(({ body }) => body);
  let telegram = 1_000;
  const scene = {
    api,
    db,
    make,
    trainings,
    close: () => api.close(),
    /** Somebody can be reached from now on. */
    async reach(...ids: number[]) {
      for (const id of ids) {
        telegram += 1;
        await db.query(sql.unsafe`update users set telegram_id = ${telegram} where id = ${id}`);
      }
    },
    /** A training made by hand, with a trainer of its own unless one is named. */
    async training(of: Record<string, unknown> = {}): Promise<Json> {
      const body = {
        training_type_id: of.training_type_id ?? (await make.type()),
        trainer_id: of.trainer_id ?? (await make.trainer()),
        ...of,
      };
      const { status, body: made } = await api.post('/real-trainings', body);
      if (status !== 201) throw new Error(JSON.stringify(made));
      return made;
    },
    seat: (training: number, ...students: number[]) =>
      db.query(sql.unsafe`
        insert into real_training_students (real_training_id, student_id)
        select ${training}, unnest(${sql.array(students, 'int4')})`),
    /** What has not been taken back, by whom it is for; in English. */
    async notes(template?: string) {
      const rows = await db.any(sql.type(noteRow)`
        select id, user_id, template, params, status, error, coalesce(held_until > clock_timestamp(), false) as is_held
        from notifications order by id`);
      return rows
        .filter((row) => row.user_id !== null && (!template || row.template === template))
        .map((row) => ({
          ...row,
          text: render({ template: row.template, params: row.params, locale: 'en' }, reader).text.replaceAll(
            /[\u00a0\u202f]/g,
            ' ',
          ),
        }));
    },
    /** Nobody can take anything back any more. */
    async timePasses() {
      await db.query(sql.unsafe`update undos set until = clock_timestamp() where until > clock_timestamp()`);
      await db.query(
        sql.unsafe`update notifications set held_until = now(), send_after = now() where held_until > clock_timestamp()`,
      );
      return followChanges(db);
    },
    audit: () => auditBooks(db, addDays(dayOf(new Date(), ZONE), -1)),
    emptyOutbox: () => db.query(sql.unsafe`delete from notifications`),
  };
  /** A training at ten on a far day with so many students, each of whom can be reached and was told. */
  async function group(students: number, of: Record<string, unknown> = {}) {
    const made = await scene.training({ starts_at: at(dayIn(FAR), '10:00'), ...of });
    const ids: number[] = [];
    for (let n = 0; n < students; n += 1) ids.push(await make.student());
    await scene.seat(made.id, ...ids);
    await scene.reach(made.trainer_id, ...ids);
    await scene.timePasses();
    await scene.emptyOutbox();
    return { ...made, students: ids };
  }
  return { ...scene, group };
}
export type ByHand = Awaited<ReturnType<typeof byHand>>;

/** The same for the tests of a file, each of which leaves it empty; it is there from their beginning on. */
export function byHandForEach(): ByHand {
  const scene = {} as ByHand;
  beforeAll(async () => {
    Object.assign(scene, await byHand());
  });
  afterEach(async () => {
    await emptyStudio(scene.db);
    await scene.emptyOutbox();
  });
  afterAll(() => scene.close());
  return scene;
}

/** A wall time of the studio on a day, as an instant. */
export const at = (day: string, time: string) => new Date(`${day}T${time}:00+03:00`).toISOString();
/** A day so many days from today in Moscow. */
export const dayIn = (days: number) => addDays(dayOf(new Date(), ZONE), days);
