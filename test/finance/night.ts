import { sql } from '../../sql/database/database.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { chargeNight } from '../../workers/finance/charge-night.ts';
import { combineDaily } from '../../workers/finance/combine-daily.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { followChanges } from '../../workers/undo/follow.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

/** A route with the night's workers behind it. `attendance` may replace what that worker does. */
export async function nightShift(attendance: RunHandler = markPresent) {
  const api = await testApi();
  const draining = new AbortController();
  const workers = [
    startWorker(api.fleet, 'attendance', { runs: { attendance } }, draining.signal),
    startWorker(
      api.fleet,
      'finance',
      {
        runs: { finance: chargeNight, daily: combineDaily },
        drain: ({ db }) => followChanges(db),
        request: ({ db, settings }, id) => answerRequest(db, id, settings.zone),
      },
      draining.signal,
    ),
  ];
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    api,
    make: studio(api.db),
    async close() {
      draining.abort();
      await Promise.all(workers.map((worker) => worker.close()));
      await api.close();
    },
  };
}

let minute = 0;
/** A training of its own trainer that starts `hours` from now; returns its id and its date in the studio. */
export async function trainingIn(
  { api, make }: { api: TestApi; make: ReturnType<typeof studio> },
  hours: number,
  fields: { price?: number; places?: number } = {},
) {
  minute += 2;
  const startsAt = new Date(Date.now() + hours * 3_600_000 + minute * 60_000);
  const type = await make.type({ price: fields.price ?? 70_000, places: fields.places ?? 10 });
  const row = await api.db.one(sql.unsafe`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select ${type}, ${await make.trainer()}, local::date, local::time, at, at + interval '1 minute', ${fields.places ?? 10}, ${fields.price ?? 70_000}
    from (select at, at at time zone 'Europe/Moscow' as local from (select ${startsAt.toISOString()}::timestamptz as at) as given) as start
    returning id, training_date`);
  return row as { id: number; training_date: string };
}

export const register = ({ db }: TestApi, training: number, student: number) =>
  db.query(sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`);
