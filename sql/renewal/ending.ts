import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { holderColumns, holderRow, holderTables } from '../sessions/holders.ts';
import { isUnpaidRenewal } from '../subscriptions/held.ts';
import { after, type Position } from './due.ts';

const endingRow = holderRow.extend({
  end_date: z.iso.date(),
  sessions_left: z.int().nullable(),
  /** Whether it will renew itself, and what that will cost by today's catalogue. */
  renews: z.boolean(),
  price_minor: z.int(),
});

/** The dedupe key of the message about the end of a subscription; an end that a freeze has moved has another. */
export const endingKey = (subscription: { id: number; end_date: string }) =>
  `subscription_ending:${subscription.id}:${subscription.end_date}`;

/** Subscriptions that end within three days of a business day (D28), whose holders were not told yet; a missed night is thus caught up. */
export const nextEnding = (db: Sql, date: string, place: Position, limit: number) =>
  db.any(sql.type(endingRow)`
    select ${holderColumns}, held.end_date, held.sessions_left, type.price_minor,
      held.is_auto_renew and type.is_active and person.is_active and not ${isUnpaidRenewal} as renews
    from ${holderTables}
    where held.status in ('active', 'frozen') and held.end_date between ${date}::date and ${date}::date + 3
      and held.start_date <= ${date}::date and ${after(place, sql.fragment`held.end_date`, sql.fragment`held.id`)}
      and not exists (select from student_subscriptions next where next.renewed_from_id = held.id)
      and not exists (
        select from notifications where dedupe_key = 'subscription_ending:' || held.id || ':' || held.end_date)
    order by held.end_date, held.id limit ${limit}`);
