import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson } from '../finance/about-invoice.ts';

export const timelineKinds = ['visits', 'money', 'subscriptions', 'bookings', 'messages', 'notes'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/**
 * One line of somebody's card. `what` names the training, subscription, service or message; `who` the trainer, or whoever took the money or
 * wrote; `person` whom it is about where that is somebody else whom they pay for. Amounts are signed as they change the wallet or the debt.
 */
export const timelineRow = z.object({
  kind: z.enum(['visit', 'payment', 'refund', 'invoice', 'subscription', 'booking', 'message', 'note']),
  id: z.int(),
  at: z.iso.datetime(),
  what: z.string().nullable(),
  who: z.string().nullable(),
  person: z.string().nullable(),
  status: z.string().nullable(),
  amount_minor: z.int().nullable(),
  text: z.string().nullable(),
  /** Of a message what it says, in its own form. */
  params: z.unknown(),
  locale: z.string().nullable(),
});
export type TimelineRow = z.output<typeof timelineRow>;

const name = (alias: string) => sql.fragment`concat_ws(' ', ${sql.identifier([alias, 'first_name'])},
  nullif(${sql.identifier([alias, 'last_name'])}, ''))`;
/** A person's name from an author as changes are signed. */
const author = (column: ReturnType<typeof sql.fragment>) => sql.fragment`coalesce(
  (select ${name('writer')} from users writer where writer.id = substring(${column} from '^person:([0-9]{1,9})$')::int), ${column})`;
const none = sql.fragment`null::jsonb as params, null as locale`;
const other = (column: ReturnType<typeof sql.fragment>, id: number) =>
  sql.fragment`(select ${name('about')} from users about where about.id = ${column} and about.id <> all(who_were(${id})))`;

const parts = {
  visits: [
    (id: number) => sql.fragment`
    select 'visit' as kind, seat.id, training.starts_at as at, type.name as what, ${name('trainer')} as who, null as person,
      case when training.status = 'cancelled' then 'CANCELLED_SAFE' else seat.status end as status, null::int8 as amount_minor,
      coalesce(seat.cancellation_reason, training.cancellation_reason, seat.mark_notes) as text, ${none}
    from real_training_students seat join real_trainings training on training.id = real_training_id
    join training_types type on type.id = training_type_id join users trainer on trainer.id = trainer_id
    where seat.student_id = any(who_were(${id}))`,
  ],
  money: [
    (id: number) => sql.fragment`
    select 'payment', pay.id, pay.created_at, pay.method, coalesce(nullif(${name('taker')}, ''), ${author(sql.fragment`pay.created_by`)}), null,
      case when cancelled_at is not null then 'CANCELLED' end, pay.amount_minor, coalesce(cancellation_reason, description), ${none}
    from payments pay left join users taker on taker.id = pay.person_id where pay.payer_id = any(who_were(${id}))`,
    (id: number) => sql.fragment`
    select 'refund', back.id, back.created_at, back.method, coalesce(nullif(${name('giver')}, ''), ${author(sql.fragment`back.created_by`)}), null,
      null, -back.amount_minor, back.reason, ${none}
    from payment_refunds back left join users giver on giver.id = back.person_id where back.payer_id = any(who_were(${id}))`,
    (id: number) => sql.fragment`
    select 'invoice', bill.id, bill.created_at, ${invoiceName}, null,
      ${other(invoicePerson, id)}, bill.status, -bill.amount_minor, bill.type, ${none}
    from invoices bill ${aboutInvoice}
    where bill.payer_id = any(who_were(${id})) or bill.student_id = any(who_were(${id}))`,
  ],
  subscriptions: [
    (id: number) => sql.fragment`
    select 'subscription', held.id, held.created_at, kind.name, null, null, held.status, null::int8,
      held.start_date || ' ' || held.end_date, ${none}
    from student_subscriptions held join subscriptions kind on kind.id = subscription_id where held.student_id = any(who_were(${id}))`,
  ],
  bookings: [
    (id: number) => sql.fragment`
    select 'booking', booking.id, booking.starts_at, service.name, ${name('master')}, null, booking.status, null::int8,
      booking.cancellation_reason, ${none}
    from bookings booking join services service on service.id = service_id join users master on master.id = specialist_id
    where booking.client_id = any(who_were(${id})) and (booking.status <> 'CANCELLED' or booking.confirmed_at is not null)`,
  ],
  messages: [
    (id: number) => sql.fragment`
    select 'message', note.id, coalesce(note.sent_at, note.created_at), note.template, note.channel, null, note.status, null::int8,
      note.error, note.params, note.locale
    from notifications note where note.user_id = any(who_were(${id}))`,
  ],
  notes: [
    (id: number) => sql.fragment`
    select 'note', note.id, note.created_at, null, ${author(sql.fragment`note.author`)}, null, null, null::int8, note.note, ${none}
    from person_notes note where note.user_id = any(who_were(${id}))`,
  ],
} satisfies Record<TimelineKind, ((id: number) => ReturnType<typeof sql.fragment>)[]>;

type Wanted = {
  kinds: readonly TimelineKind[];
  before?: readonly [at: string, kind: string, id: number];
  limit: number;
};

/** What was and will be with somebody and whoever was merged into them, the latest first, before a cursor of instant, kind and id. */
export const listTimeline = (db: Sql, personId: number, { kinds, before, limit }: Wanted) =>
  db.any(sql.type(timelineRow)`
    select kind, id, at, what, who, person, status, amount_minor, text, params, locale
    from (select kind, id, date_trunc('milliseconds', at) as at, what, who, person, status, amount_minor, text, params, locale
    from (select null as kind, null::int as id, null::timestamptz as at, null as what, null as who, null as person, null as status,
        null::int8 as amount_minor, null as text, ${none} where false
      union all ${sql.join(
        kinds.flatMap((kind) => parts[kind].map((part) => part(personId))),
        sql.fragment` union all `,
      )}) as found) as line
    where ${before?.[0] ?? null}::timestamptz is null
      or (at, kind, id) < (${before?.[0] ?? null}::timestamptz, ${before?.[1] ?? null}::text, ${before?.[2] ?? null}::int)
    order by at desc, kind desc, id desc limit ${limit}`);
