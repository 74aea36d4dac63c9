import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const received = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  payer: z.string(),
  taken_by: z.string(),
  amount_minor: z.int(),
  method: z.string(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
});

/** A payment, who paid and who took it; null when there is none. */
export const findReceived = (db: Sql, id: number) =>
  db.maybeOne(sql.type(received)`
    select pay.id, pay.created_at as at, concat_ws(' ', payer.first_name, nullif(payer.last_name, '')) as payer,
      coalesce(nullif(concat_ws(' ', taker.first_name, nullif(taker.last_name, '')), ''), pay.created_by) as taken_by,
      pay.amount_minor, pay.method, pay.cancelled_at, pay.cancellation_reason
    from payments pay join users payer on payer.id = pay.payer_id left join users taker on taker.id = pay.person_id
    where pay.id = ${id}`);
