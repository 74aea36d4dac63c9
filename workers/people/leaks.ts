import { wallTimeOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import type { CallContext } from '../call-context.ts';
import { text } from '../notifier/texts/texts.ts';

const HOUR_MS = 3_600_000;
/** What the law asks for after a leak was found (152-FZ, article 21): to tell of it, and to tell what was found out. */
const DUTIES = [
  { kind: 'leak_notify', hours: 24 },
  { kind: 'leak_report', hours: 72 },
] as const;

/** Notes that personal data leaked (R30): a task for each duty, with the hour by which it is due. Returns when it was found, and when they are. */
export async function noteLeak(
  transaction: Sql,
  { what, foundAt }: { what: string; foundAt: Date },
  { fleet: { settings } }: Pick<CallContext, 'fleet'>,
) {
  const found_at = foundAt.toISOString();
  const dueAfter = (hours: number) => new Date(foundAt.getTime() + hours * HOUR_MS);
  await writeTasks(
    transaction,
    DUTIES.map(({ kind, hours }) => {
      const due = dueAfter(hours);
      const by = wallTimeOf(due, settings.zone).slice(0, 16).replace('T', ' ');
      const details = { what, found_at, due_at: due.toISOString() };
      return { kind, title: text(settings.locale, `task.${kind}`, { by }), details, dedupe: `${kind}:${found_at}` };
    }),
  );
  return { found_at, notify_by: dueAfter(24).toISOString(), report_by: dueAfter(72).toISOString() };
}
