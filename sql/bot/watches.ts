import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { locale } from '../database/locale.ts';
import { runRow } from '../runs/rows.ts';

/** Remembers that a chat wants to hear how a run ends. */
export const watchRun = (db: Sql, runId: number, chatId: number, locale: string) =>
  db.query(sql.unsafe`
    insert into bot_watches (run_id, chat_id, locale) values (${runId}, ${chatId}, ${locale}) on conflict do nothing`);

const ended = runRow
  .pick({
    id: true,
    process_type: true,
    run_key: true,
    process_date: true,
    error_message: true,
    trainings_processed: true,
    students_processed: true,
    students_added: true,
    sessions_deducted: true,
    invoices_created: true,
  })
  .extend({
    status: z.enum(['success', 'partial', 'error']),
    chat_id: z.int(),
    locale: locale,
    seconds: z.number().nullable(),
  });

/** Takes the watches whose runs are over; whoever gets one tells its chat, in the same transaction. */
export const endedWatches = (transaction: Sql) =>
  transaction.any(sql.type(ended)`
    with taken as (
      delete from bot_watches watch using automated_process_history run
      where run.id = run_id and status in ('success', 'partial', 'error')
      returning watch.chat_id, watch.locale, run.id, process_type, run_key, process_date, status, error_message,
        trainings_processed, students_processed, students_added, sessions_deducted, invoices_created,
        extract(epoch from completed_at - started_at)::float8 as seconds
    )
    select * from taken order by id, chat_id`);
