import type { FragmentSqlToken } from 'slonik';
import { type In, sql } from '../database/database.ts';

/**
 * Business days, both inclusive: whole months. @param trainerId null: everybody
 * @param back a statement of ids: trainings before `from` that are counted, too
 */
export type WageSpan = { trainerId: number | null; from: In<string>; to: In<string>; back: FragmentSqlToken };

/**
 * What trainers earned, a row a source: `trainer_id, kind, source_id, day, rate_id, quantity, base_minor, amount_minor, basis`.
 * - A training counts for whoever gave it, on its training date, once it is completed. A card of its type stands before the one for all
 *   types; of several from one day the newest.
 * - `head`: whoever is PRESENT. `percent`: of what the registrations that are charged earned the studio (R22): an invoice its amount, a
 *   session its part of the subscription's first price, a visit of an unlimited one the part of a day; what was given back or waived
 *   nothing. Halves round up.
 * - `month`: by the days of the month on which cards were valid.
 */
export const wagesOf = ({ trainerId, from, to, back }: WageSpan) => sql.fragment`
  with card as materialized (
    select *, num_nonnulls(training_minor, head_minor, percent_bp, month_minor) > 0 as pays,
      coalesce(lead(valid_from) over (partition by trainer_id, training_type_id order by valid_from, id) - 1, 'infinity'::date) as last_day
    from pay_rates where ${trainerId}::int is null or trainer_id = ${trainerId}::int
  ), given as materialized (
    select training.id, training.trainer_id, training_date as day, card.id as rate_id, card.training_minor, card.head_minor, card.percent_bp
    from real_trainings training
    left join card own on own.trainer_id = training.trainer_id and own.training_type_id = training.training_type_id and own.pays
      and training_date between own.valid_from and own.last_day
    left join card general on general.trainer_id = training.trainer_id and general.training_type_id is null and general.pays
      and training_date between general.valid_from and general.last_day
    join card on card.id = coalesce(own.id, general.id)
    where training.status = 'completed' and training.id in (
      select id from real_trainings where training_date between ${from}::date and ${to}::date union ${back})
  ), seat as materialized (
    select place.id, given.id as training_id, place.status = 'PRESENT' as is_present, place.invoice_id, entry.student_subscription_id as held_id
    from given join real_training_students place on place.real_training_id = given.id
    left join session_entries entry on entry.id = place.session_entry_id
    where place.status = 'PRESENT' or num_nonnulls(place.invoice_id, place.session_entry_id) > 0
  ), price as materialized (
    select held.id, case
        when not exists (select from invoices bill where bill.student_subscription_id = held.id and bill.status <> 'CANCELLED') then 0
        else (select amount_minor from invoices bill where bill.student_subscription_id = held.id order by bill.id limit 1) end as minor,
      case when held.sessions_left is null then term_days
        else (select sum(delta) from session_entries entry where entry.student_subscription_id = held.id and reason in ('granted', 'adjustment'))
        end::int8 as parts
    from (select distinct held_id as id from seat where held_id is not null) as used join student_subscriptions held using (id)
  ), valued as materialized (
    select seat.id, training_id, is_present, case
        when invoice_id is not null then (select case status when 'CANCELLED' then 0 else amount_minor end from invoices where invoices.id = invoice_id)
        when price.parts > 0 then (2 * price.minor + price.parts) / (2 * price.parts)
        else 0 end::int8 as value
    from seat left join price on price.id = held_id
  ), counted as materialized (
    select training_id, count(*) filter (where is_present)::int as heads, sum(value)::int8 as base,
      coalesce(jsonb_agg(jsonb_build_array(id, value) order by id) filter (where is_present), '[]') as present,
      coalesce(jsonb_agg(jsonb_build_array(id, value) order by id) filter (where value > 0), '[]') as paying
    from valued group by training_id
  ), source as (
    select trainer_id, 'training' as kind, id as source_id, day, rate_id, 1 as quantity, null::int8 as base_minor, training_minor as amount_minor,
      '[]'::jsonb as basis
    from given
    union all
    select trainer_id, 'head', id, day, rate_id, heads, null, heads * head_minor, present from given join counted on training_id = id
    union all
    select trainer_id, 'percent', id, day, rate_id, 1, base, (base * percent_bp + 5000) / 10000, paying from given join counted on training_id = id
    union all
    select trainer_id, 'month', to_char(first, 'YYYYMM')::int, first, (array_agg(card.id order by valid_from desc))[1], sum(days)::int, null,
      div(2 * sum(month_minor * days) + length, 2 * length)::int8, jsonb_agg(jsonb_build_array(card.id, days) order by valid_from)
    from (
      select first::date as first, (first + interval '1 month')::date - 1 as last, extract(day from first + interval '1 month' - interval '1 day')::int as length
      from generate_series(${from}::date::timestamp, ${to}::date::timestamp, interval '1 month') as first
    ) as month
    join card on valid_from <= month.last and last_day >= first and last_day >= valid_from and month_minor > 0
    cross join lateral (select least(last_day, month.last) - greatest(valid_from, first) + 1 as days) as valid
    group by trainer_id, first, length
  )
  select * from source where amount_minor > 0`;
