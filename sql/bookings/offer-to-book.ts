import { z } from 'zod';
import { occupied } from '../calendar/occupied.ts';
import { type In, type Sql, sql } from '../database/database.ts';
import { rowsOf } from '../database/rows.ts';
import { calendarOf, calendarRow, type Span, type SpanIn } from './calendar.ts';
import { patience } from './insert.ts';
import { isAskedPlaceActive, isBookedAt } from './rooms.ts';
import { type SlotClaim, slotsTaken } from './slot-locks.ts';

const discountRow = z.object({
  id: z.int(),
  kind: z.enum(['percent', 'fixed']),
  /** In hundredths of a percent. */
  basis_points: z.int().nullable(),
  amount_minor: z.int().nullable(),
});
export type Discount = z.output<typeof discountRow>;

const offerRow = z.object({
  client: z.object({ name: z.string(), is_active: z.boolean(), is_client: z.boolean(), payer_id: z.int() }).nullable(),
  service: z
    .object({
      id: z.int(),
      name: z.string(),
      duration_minutes: z.int(),
      break_minutes: z.int(),
      price_minor: z.int(),
      is_active: z.boolean(),
    })
    .nullable(),
  /** Whether the service is given in certain rooms only. */
  has_rooms: z.boolean(),
  /** Whether the one room that was asked for is one of the service's, at the location that was asked for and the specialist's. */
  room_fits: z.boolean(),
  /** Of the location that was asked for; null when there is no such location, or none was asked for. */
  location_is_active: z.boolean().nullable(),
  specialists: z.array(z.object({ id: z.int(), name: z.string(), location_id: z.int().nullable(), calendar: calendarRow })),
  discounts: z.array(discountRow),
  /** What the studio gives for starts that leave no gap, in hundredths of a percent; 0: nothing. */
  fitting_basis_points: z.int(),
});
export type Offer = z.output<typeof offerRow>;

const offerToBookRow = offerRow.extend({
  /** False when somebody else has the slot that was claimed. */
  is_ours: z.boolean(),
  /** The client is in a training then, gives one, or is absent; his bookings are left to the insert. */
  client_is_elsewhere: z.boolean(),
  /** The id that a booking made of this offer will have. */
  booking_id: z.int(),
});
export type OfferToBook = z.output<typeof offerToBookRow>;

/** What somebody asks about. `day` is the booking's business day, `span` the time it takes at most. */
export type OfferQuestion = {
  clientId: number;
  serviceId: number;
  specialistId?: number;
  locationId?: number;
  roomId?: number;
  day: string;
  span: Span;
};

/**
 * Everything a booking is made of, in one reading: the client, the service, who could give it (the main ones first) with their
 * calendars, and the discounts the client has on that day, percentages first, the older ones before the newer.
 */
export const readOffer = (db: Sql, question: OfferQuestion) =>
  db.one(sql.prepared('read_offer', offerRow)`select ${offered(question)}`);

/**
 * The same for those who are about to book, in one reading for all of them; the answers stand in the order of the questions. A
 * claim takes the slot's lock in the same breath; somebody who gave it back at this very moment may have booked what is read here
 * as free, and the constraints know. All of them have claims, or none.
 * @param isHurried gives up with a lock timeout (55P03) rather than wait for a slot that is just being given back
 */
export async function readOffersToBook(
  db: Sql,
  all: readonly { question: OfferQuestion; claim?: SlotClaim }[],
  isHurried: boolean,
) {
  const isClaimed = all[0]?.claim !== undefined;
  const rows = all.map(({ question: { span, ...question }, claim }, n) => [
    n,
    question.clientId,
    question.serviceId,
    question.specialistId ?? null,
    question.locationId ?? null,
    question.roomId ?? null,
    question.day,
    span.from,
    span.to,
    ...span.days,
    span.except ?? 0,
    claim?.slot ?? null,
    claim?.token ?? null,
    claim?.ms ?? null,
  ]);
  return db.any(sql.prepared(isClaimed ? 'claim_and_read_offers' : 'read_offers_to_book', offerToBookRow)`
    with ${patience(isHurried)}, asked as materialized (
      select asked.* from settings, ${rowsOf(rows, ['int4', 'int4', 'int4', 'int4', 'int4', 'int4', 'date', 'timestamptz', 'timestamptz', 'date', 'date', 'int4', 'text', 'text', 'int4'])}
        as asked (n, client_id, service_id, specialist_id, location_id, room_id, day, from_at, to_at, first_day, last_day, except_id, slot, token, ms)
    )${isClaimed ? sql.fragment`, claimed as (${slotsTaken} returning token)` : sql.fragment``}
    select ${isClaimed ? sql.fragment`exists (select from claimed where claimed.token = asked.token)` : sql.fragment`true`} as is_ours,
      exists (
        select from (${occupied(sql.fragment`asked.client_id`, duration)}) as elsewhere where booking_id is null
      ) as client_is_elsewhere,
      nextval('bookings_id_seq') as booking_id, ${offered(columns)}
    from asked order by n`);
}

const duration = sql.fragment`
  tstzrange(asked.from_at, asked.from_at + make_interval(mins => (select duration_minutes from services where id = asked.service_id)))`;

type Question = {
  clientId: In<number>;
  serviceId: In<number>;
  specialistId?: In<number>;
  locationId?: In<number>;
  roomId?: In<number>;
  day: In<string>;
  span: SpanIn;
};

const columns: Question = {
  clientId: sql.fragment`asked.client_id`,
  serviceId: sql.fragment`asked.service_id`,
  specialistId: sql.fragment`asked.specialist_id`,
  locationId: sql.fragment`asked.location_id`,
  roomId: sql.fragment`asked.room_id`,
  day: sql.fragment`asked.day`,
  span: {
    from: sql.fragment`asked.from_at`,
    to: sql.fragment`asked.to_at`,
    days: [sql.fragment`asked.first_day`, sql.fragment`asked.last_day`],
    except: sql.fragment`asked.except_id`,
  },
};

const offered = (question: Question) => sql.fragment`
  (select json_build_object('name', concat_ws(' ', first_name, nullif(last_name, '')), 'is_active', is_active,
      'is_client', exists (select from user_roles where user_id = users.id and role = 'client'),
      'payer_id', coalesce((select payer_id from students where students.id = users.id), users.id))
    from users where id = ${question.clientId}) as client,
  (select json_build_object('id', id, 'name', name, 'duration_minutes', duration_minutes, 'break_minutes', break_minutes,
      'price_minor', price_minor, 'is_active', is_active)
    from services where id = ${question.serviceId}) as service,
  exists (select from service_rooms where service_id = ${question.serviceId}) as has_rooms,
  (${question.roomId ?? null}::int is null or exists (
    select from service_rooms join rooms on rooms.id = room_id and rooms.is_active and ${isBookedAt(sql.fragment`rooms.location_id`)}
    where service_id = ${question.serviceId} and room_id = ${question.roomId ?? null}
      and (${question.locationId ?? null}::int is null or rooms.location_id = ${question.locationId ?? null})
      and not exists (
        select from specialists own where own.id = ${question.specialistId ?? null} and own.location_id <> rooms.location_id)
  )) as room_fits,
  ${isAskedPlaceActive(question.locationId)} as location_is_active,
  coalesce((
    select json_agg(json_build_object('id', specialist.id, 'location_id', location_id,
        'name', concat_ws(' ', first_name, nullif(last_name, '')), 'calendar', ${calendarOf(question.span)}) order by is_main desc, specialist.id)
    from specialist_services offered
    join specialists specialist on specialist.id = offered.specialist_id
    join users person on person.id = specialist.id and person.is_active
    where offered.service_id = ${question.serviceId}
      and (${question.specialistId ?? null}::int is null or specialist.id = ${question.specialistId ?? null})
      and (${question.locationId ?? null}::int is null or location_id = ${question.locationId ?? null})
      and ${isBookedAt(sql.fragment`specialist.location_id`)}
      and (${question.roomId ?? null}::int is null or specialist.location_id is null or specialist.location_id = (
        select rooms.location_id from rooms where rooms.id = ${question.roomId ?? null}))), '[]') as specialists,
  coalesce((
    select json_agg(json_build_object('id', id, 'kind', kind, 'basis_points', (percent * 100)::int, 'amount_minor', amount_minor)
      order by kind desc, id)
    from client_discounts
    where client_id = ${question.clientId} and is_active and (service_id is null or service_id = ${question.serviceId})
      and (valid_from is null or valid_from <= ${question.day}::date) and (valid_to is null or valid_to >= ${question.day}::date)),
    '[]') as discounts,
  (select (fitting_percent * 100)::int from booking_rules) as fitting_basis_points`;
