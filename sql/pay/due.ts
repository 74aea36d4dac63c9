import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lineRow } from './rows.ts';
import { wagesOf } from './wages.ts';

/**
 * A month as its first day, and the first one that was ever closed for anybody: from then on nothing is lost; null: none was.
 * @param trainerId null: everybody
 */
export type PayMonth = { month: string; begun: string | null; trainerId: number | null };

/** Corrections reach so many months back: what happens later to something settled earlier changes no pay any more. */
export const CORRECTED_MONTHS = 12;

const lastOf = (month: string) => sql.fragment`((${month}::date + interval '1 month')::date - 1)`;

/**
 * The lines of a month that is open: its own, and in the month after the trainer's last closed one (or the first that was closed for
 * anybody) the corrections: wherever what closed months came to is no longer what their sheets have, as far back as corrections reach. A
 * training is within reach if it is now, or any sheet has it there, and then with all that sheets have of it: by its day alone one that was
 * moved over the border would be paid twice, or not at all.
 */
const due = ({ month, begun, trainerId }: PayMonth) => {
  const first = sql.fragment`(${begun !== null && begun < month ? sql.fragment`greatest(${begun}::date, (${month}::date - make_interval(months => ${CORRECTED_MONTHS}))::date)` : sql.fragment`${month}::date`})`;
  const back = sql.fragment`
    select training.id from pay_lines line join real_trainings training on training.id = line.source_id
    where line.kind <> 'month' and line.day >= ${first} and training_date < ${first} and training_date >= ${begun}::date`;
  return sql.fragment`
  with wage as materialized (
    ${wagesOf({ trainerId, from: first, to: lastOf(month), back })}
  ), near as materialized (
    select source_id as id from pay_lines where kind <> 'month' and day >= ${first}
    union
    select training.id from real_trainings training join pay_lines on source_id = training.id and pay_lines.kind <> 'month' where training_date >= ${first}
  ), standing as materialized (
    select id as trainer_id, coalesce((select (max(month) + interval '1 month')::date from pay_sheets where trainer_id = specialists.id), ${begun}::date) as next
    from specialists where ${trainerId}::int is null or id = ${trainerId}::int
  ), settled as materialized (
    select sheet.trainer_id, kind, source_id, sum(amount_minor)::int8 as amount, min(day) as day
    from pay_lines join pay_sheets sheet on sheet.id = sheet_id
    where (${trainerId}::int is null or sheet.trainer_id = ${trainerId}::int)
      and case kind when 'month' then day >= ${first} else source_id in (select id from near) end
    group by sheet.trainer_id, kind, source_id
  ), now_is as materialized (
    select wage.* from wage join standing using (trainer_id) where day < next
  )
  select trainer_id, kind, source_id, day, false as is_correction, rate_id, quantity, base_minor, null::int8 as before_minor, amount_minor, basis
  from wage join standing using (trainer_id) where day >= ${month}::date and coalesce(next <= ${month}::date, true)
  union all
  select trainer_id, kind, source_id, coalesce(now_is.day, settled.day), true, rate_id, coalesce(quantity, 0), base_minor,
    coalesce(settled.amount, 0), coalesce(amount_minor, 0) - coalesce(settled.amount, 0), coalesce(basis, '[]')
  from (now_is full join settled using (trainer_id, kind, source_id)) join standing using (trainer_id)
  where next = ${month}::date and coalesce(amount_minor, 0) <> coalesce(settled.amount, 0)`;
};

/** The lines of an open month by day; none where the month is closed, or lies before a closed one. */
export const dueLines = (db: Sql, asked: PayMonth) =>
  db.any(sql.type(lineRow)`
    select * from (${due(asked)}) as line order by trainer_id, is_correction, day, source_id, kind`);

const sum = z.object({ trainer_id: z.int(), total_minor: z.int(), corrections_minor: z.int(), lines: z.int() });

/** What an open month comes to, of each trainer who has any line in it. */
export const sumDue = (db: Sql, asked: PayMonth) =>
  db.any(sql.type(sum)`
    select trainer_id, sum(amount_minor)::int8 as total_minor, coalesce(sum(amount_minor) filter (where is_correction), 0)::int8 as corrections_minor,
      count(*)::int as lines
    from (${due(asked)}) as line group by trainer_id`);

/**
 * Writes the sheet of an open month with its lines, as they are in this statement. The caller holds {@link lockPay}, and has seen that the
 * month may be closed. Returns what it came to.
 */
export async function insertSheet(transaction: Sql, asked: PayMonth & { trainerId: number }, by: string): Promise<number> {
  return transaction.oneFirst(sql.type(z.object({ total_minor: z.int() }))`
    with line as materialized (${due(asked)}), sheet as (
      insert into pay_sheets (trainer_id, month, total_minor, closed_by)
      select ${asked.trainerId}, ${asked.month}::date, coalesce(sum(amount_minor), 0), ${by} from line returning id, total_minor
    ), written as (
      insert into pay_lines (sheet_id, kind, source_id, day, is_correction, rate_id, quantity, base_minor, before_minor, amount_minor, basis)
      select sheet.id, kind, source_id, day, is_correction, rate_id, quantity, base_minor, before_minor, amount_minor, basis
      from line cross join sheet order by is_correction, day, source_id, kind
    )
    select total_minor from sheet`);
}
