import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { nominalTicks } from '../../queues/timetable/ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Sql, sql } from '../../sql/database/database.ts';
import type { Account, Asked } from './asked.ts';

const counted = z.object({ id: z.string(), times: z.int() });
const effects = {
  payment: (db: Sql) =>
    db.any(sql.type(counted)`
      select description as id, count(*)::int as times from payments where description like 'chaos-%' group by description`),
  request: (db: Sql) =>
    db.any(sql.type(counted)`
      select request_id as id, count(*)::int as times from finance_requests where request_id like 'chaos-%' group by request_id`),
  run: (db: Sql) =>
    db.any(sql.type(counted)`
      select request_id as id, count(distinct run_key)::int as times from automated_process_history
      where request_id like 'chaos-%' and process_type in ('generation', 'daily', 'auto_renewal') group by request_id`),
  import: (db: Sql) =>
    db.any(sql.type(counted)`
      select last_name as id, max(times)::int as times
      from (select last_name, count(*) as times from users where last_name like 'chaos-%' group by last_name, first_name) as named group by 1`),
};
const effectOf = {
  payment: 'payment',
  add: 'request',
  take_out: 'request',
  cancel: 'request',
  run: 'run',
  import_confirm: 'import',
} as const;
/** What an effect is named by: an import by what is in its list. */
const nameOf = (asked: Asked) => (asked.kind === 'import_confirm' ? String(asked.body.name) : asked.id);

/** What was asked once and is there twice; and, once everything is answered, what was granted and is not there. */
export async function countEffects(db: Sql, { entries }: Account, isSettled: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const effect of ['payment', 'request', 'run', 'import'] as const) {
    const times = new Map((await effects[effect](db)).map((row) => [row.id, row.times]));
    for (const asked of entries) {
      if (effectOf[asked.kind as keyof typeof effectOf] !== effect) continue;
      const there = times.get(nameOf(asked)) ?? 0;
      if (there > 1) found.push(`doubled: ${asked.kind} ${asked.id} is there ${there} times`);
      if (isSettled && isOwed(asked) && there === 0)
        found.push(`lost: ${asked.kind} ${asked.id} was answered ${asked.answer?.status}`);
      if (isSettled && (effect === 'payment' || effect === 'import') && there > 0 && !isGranted(asked))
        found.push(`unasked: ${asked.id} was refused (${asked.answer?.status}) and is there`);
    }
  }
  return found;
}

const isGranted = ({ answer }: Asked) => answer !== undefined && answer.status < 300;
/** A run that was under way already is joined, and has the name of whoever asked first. */
const isOwed = (asked: Asked) => isGranted(asked) && asked.kind !== 'run';

/** Every tick since the timetable was known has its row; what it led to is over. */
export async function compareTicks(db: Sql, zone: string, until: Date): Promise<string[]> {
  const known = await db.any(sql.type(z.object({ name: z.string(), known_since: z.string() }))`
    select name, known_since::text from schedules`);
  const rows = await db.any(sql.type(z.object({ schedule: z.string(), nominal_at: z.string() }))`
    select schedule, nominal_at from schedule_ticks`);
  const decided = new Set(rows.map(({ schedule, nominal_at }) => `${schedule} ${new Date(nominal_at).toISOString()}`));
  return timetable.flatMap(({ name, pattern }) => {
    const since = known.find((schedule) => schedule.name === name)?.known_since;
    if (!since) return [`lost: the timetable does not know ${name}`];
    return nominalTicks(pattern, zone, new Date(since), until)
      .map((tick) => `${name} ${tick.toISOString()}`)
      .filter((tick) => !decided.has(tick))
      .map((tick) => `lost: the tick ${tick} has no row`);
  });
}

/** What should be over when a fleet has settled and is not, by name. */
export const notOver = (db: Sql) =>
  db.anyFirst(sql.type(z.object({ what: z.string() }))`
    select format('lost: the run %s (%s) is %s', id, run_key, status) as what
    from automated_process_history where status in ('queued', 'running')
    union all
    select format('lost: the request %s (%s) is open', id, kind) from finance_requests where status = 'open'
    union all
    select format('lost: the message %s (%s) was not sent', id, template) from notifications
    where status = 'pending' and send_after <= now() + interval '30 seconds' and occasion_at is null limit 100`);

/** A run that ended in an error or was executed by two at once. */
export const failedRuns = (db: Sql, leftOut: (name: string) => boolean) =>
  db
    .any(sql.type(z.object({ name: z.string(), what: z.string() }))`
      select process_type as name, format('failed: the run %s (%s): %s', id, run_key, error_message) as what
      from automated_process_history where status = 'error'`)
    .then((rows) => rows.filter(({ name }) => !leftOut(name) && !name.endsWith('backup')).map(({ what }) => what));

export const auditFindings = async (db: Sql, zone: string) =>
  (await auditBooks(db, dayOf(new Date(), zone))).map(({ rule, id, detail }) => `not square: ${rule} ${id}: ${detail}`);

/** The limits of Telegram are kept, but where a sender may have stood still for longer than it had its message. */
export function comparePace(broken: Record<string, number> | null, outlived: number): string[] {
  return Object.entries(broken ?? {})
    .filter(([, times]) => times > outlived)
    .map(([limit, times]) => `doubled: the limit "${limit}" of Telegram was broken ${times} times`);
}
