import { keepAnswer } from '../../sql/auth/idempotency.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { claimMessages } from '../../sql/notifications/claim.ts';
import { markMessage } from '../../sql/notifications/mark.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { claimRun, finishRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { recordTicks } from '../../sql/schedule/schedule.ts';
import { median } from './measure.ts';

const TABLES = ['notifications', 'idempotency_keys', 'finance_requests', 'automated_process_history', 'schedule_ticks'];

/**
 * `rows` old rows: half of them messages, a quarter answers, the rest requests, runs and ticks, a tick a run. A tenth as many
 * young ones stand beside them, and waiting messages among the old.
 */
export async function fillPast(db: Database, rows: number) {
  await db.query(sql.unsafe`
    truncate notifications, idempotency_keys, finance_requests, automated_process_history, schedule_ticks, process_history_monthly,
      users, training_types restart identity cascade`);
  await db.query(sql.unsafe`
    with person as (insert into users (first_name) values ('Тренер') returning id), trainer as (insert into specialists (id) select id from person)
    insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', 20, 70000, 60)`);
  await db.query(sql.unsafe`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status)
    values (1, 1, '2025-01-01', '10:00', '2025-01-01T07:00Z', '2025-01-01T08:00Z', 20, 70000, 'completed')`);
  const fill = (part: number, statement: (n: number) => ReturnType<typeof sql.fragment>) =>
    db.query(sql.unsafe`${statement(Math.round(rows * part))}`);
  await fill(
    0.5,
    (n) => sql.fragment`
    insert into notifications (template, params, dedupe_key, status, created_at, sent_at)
    select 'training_joined', '{"training_type": "Йога", "training_date": "2025-01-01", "start_time": "10:00:00"}', 'k' || i,
      case when i % 1000 = 0 then 'pending' else 'sent' end, at, at
    from generate_series(1, ${(n * 11) / 10}::int * 1001 / 1000) i
    cross join lateral (select now() - case when i <= ${n}::int * 1001 / 1000 then interval '500 days' else interval '10 days' end + i * interval '1 second' as at) as age`,
  );
  await fill(
    0.25,
    (n) => sql.fragment`
    insert into idempotency_keys (api_key, key, request_hash, status, headers, body, created_at)
    select 'desk', 'k' || i, decode(md5(i::text), 'hex'), 200, '{}', '{"payment": {"id": 1, "amount_minor": 70000}}',
      now() - case when i <= ${n}::int then interval '5 days' else interval '1 hour' end + i * interval '1 millisecond'
    from generate_series(1, ${(n * 11) / 10}::int) i`,
  );
  await fill(
    0.15,
    (n) => sql.fragment`
    insert into finance_requests (kind, real_training_id, requested_at, requested_by, status, outcome, decided_at)
    select 'cancel_training', 1, at, 'desk', 'done', '{"real_training_id": 1}', at
    from generate_series(1, ${(n * 11) / 10}::int) i
    cross join lateral (select now() - case when i <= ${n}::int then interval '500 days' else interval '10 days' end + i * interval '1 second' as at) as age`,
  );
  await fill(
    0.05,
    (n) => sql.fragment`
    insert into automated_process_history (process_type, run_key, process_date, requested_at, started_at, completed_at, status, result, details)
    select (array['attendance', 'finance', 'daily', 'cleanup'])[i % 4 + 1], 'k' || i, at::date, at, at, at + interval '2 seconds', 'success',
      '{"trainings_processed": 3}', '{"chunks": []}'
    from generate_series(1, ${(n * 11) / 10}::int) i
    cross join lateral (select now() - case when i <= ${n}::int then interval '500 days' else interval '10 days' end + i * interval '1 minute' as at) as age
    where at < now() - interval '401 days' or i > ${n}::int`,
  );
  await fill(
    0.05,
    (n) => sql.fragment`
    insert into schedule_ticks (schedule, nominal_at, outcome, run_id)
    select 'daily', requested_at, 'enqueued', id from automated_process_history order by id limit ${(n * 11) / 10}::int`,
  );
  for (const table of TABLES) await db.query(sql.unsafe`vacuum analyze ${sql.identifier([table])}`);
}

/** The floor: one delete a table, with everything it locks until its end. */
export async function deleteBare(db: Database) {
  const bare = (table: string, time: string, over: ReturnType<typeof sql.fragment>) =>
    db.query(
      sql.unsafe`delete from ${sql.identifier([table])} where ${sql.identifier([time])} < now() - interval '400 days' and ${over}`,
    );
  await db.query(sql.unsafe`delete from idempotency_keys where created_at < now() - interval '24 hours'`);
  await bare('schedule_ticks', 'nominal_at', sql.fragment`true`);
  await bare('notifications', 'created_at', sql.fragment`status <> 'pending'`);
  await bare('finance_requests', 'decided_at', sql.fragment`status <> 'open'`);
  await bare('automated_process_history', 'completed_at', sql.fragment`true`);
}

/**
 * A fleet's traffic on the same tables, statement after statement, until it is stopped: runs asked for, claimed and ended,
 * messages written, claimed and sent, answers kept, ticks entered. A statement that waits for a lock longer than `lockMs` fails
 * and is counted.
 */
export function standIn(db: Database, lockMs: number) {
  let stopped = false;
  let lockWaits = 0;
  const lasted: number[] = [];
  const life = db.connect(async (connection) => {
    await connection.query(sql.unsafe`select set_config('lock_timeout', ${`${lockMs}ms`}, false)`);
    const timed = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      const start = performance.now();
      try {
        return await work();
      } catch (error) {
        if ((error as { cause?: { code?: string } }).cause?.code !== '55P03') throw error;
        lockWaits += 1;
        return undefined;
      } finally {
        lasted.push(performance.now() - start);
      }
    };
    for (let n = 0; !stopped; n += 1) {
      const key = `stand-in:${n}:${Math.random()}`;
      const requested = await timed(() =>
        requestRun(connection, { process_type: 'finance', run_key: key, process_date: '2026-11-21', params: {} }),
      );
      const id = requested?.run.id ?? 0;
      await timed(() => claimRun(connection, id, 'job'));
      await timed(() => finishRun(connection, id, { status: 'success', result: {}, details: {}, counts: {} }));
      await timed(() =>
        notifyAdmins(connection, [1], [{ template: 'worker_down', params: { worker: 'finance', seconds: 60 }, dedupe: key }]),
      );
      const [message] = (await timed(() => claimMessages(connection, 1, { secondMs: 1_000, leaseMs: 20_000 }))) ?? [];
      if (message) await timed(() => markMessage(connection, message, 'sent', null, { secondMs: 1_000 }));
      await timed(() => keepAnswer(connection, { caller: '#1', key }, Buffer.from('x'), { body: {} }, true));
      const tick = { schedule: 'stand-in', nominalAt: new Date(), outcome: 'enqueued', reason: null, deadlineAt: null };
      await timed(() => recordTicks(connection, [tick]));
    }
    await connection.query(sql.unsafe`select set_config('lock_timeout', '0', false)`);
  });
  return {
    async stop() {
      stopped = true;
      await life;
      return { statements: lasted.length, longest: Math.max(...lasted), median: median(lasted), lockWaits };
    },
  };
}
