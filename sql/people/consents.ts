import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const consentKinds = ['processing', 'marketing', 'photos'] as const;
export type ConsentKind = (typeof consentKinds)[number];

export const consentRow = z.object({
  id: z.int(),
  user_id: z.int(),
  kind: z.string(),
  text_version: z.string(),
  given_at: z.iso.datetime(),
  given_by: z.string().meta({ description: 'person:ID; of a child a guardian' }),
  withdrawn_at: z.iso.datetime().nullable(),
  is_valid: z.boolean().meta({ description: 'not withdrawn, and given by oneself once one is 18: until then it is asked anew' }),
});
export type Consent = z.output<typeof consentRow>;

/** A day of the studio, and where it begins and ends. */
type StudioDay = { today: string; zone: string };
/** The 18th birthday begins at the studio's midnight. */
const adultSince = (zone: string) => sql.fragment`(birth_date + interval '18 years') at time zone ${zone}::text`;
/** Given for a child it ends with the 18th birthday. */
const isValid = ({ today, zone }: StudioDay) => sql.fragment`
  withdrawn_at is null and not coalesce(
    (birth_date + interval '18 years')::date <= ${today}::date and given_at < ${adultSince(zone)}, false)`;
const columns = (on: StudioDay) => sql.fragment`
  consents.id, user_id, kind, text_version, given_at, given_by, withdrawn_at, ${isValid(on)} as is_valid`;

/** Somebody's consents, the latest first. */
export const listConsents = (db: Sql, userId: number, on: StudioDay) =>
  db.any(sql.type(consentRow)`
    select ${columns(on)} from consents join users on users.id = user_id where user_id = ${userId} order by consents.id desc`);

export const hasConsent = (db: Sql, userId: number, kind: ConsentKind, on: StudioDay) =>
  db.exists(sql.unsafe`
    select from consents join users on users.id = user_id where user_id = ${userId} and kind = ${kind} and ${isValid(on)}`);

const ofAge = z.object({ id: z.int(), name: z.string(), kinds: z.array(z.string()), since: z.iso.date() });
/** Who has turned 18 since a guardian consented for them, and has not consented to the same again, by id; the erased ones are nobody. */
export const dueToConsent = (db: Sql, { after, size, ...on }: StudioDay & { after: number; size: number }) =>
  db.any(sql.type(ofAge)`
    select users.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, array_agg(distinct kind order by kind) as kinds,
      (birth_date + interval '18 years')::date as since
    from consents join users on users.id = user_id
    where users.id > ${after} and is_active and withdrawn_at is null and not (${isValid(on)})
      and not exists (select from consents own where own.user_id = users.id and own.kind = consents.kind and own.withdrawn_at is null
        and own.given_at >= ${adultSince(on.zone)})
    group by users.id order by users.id limit ${size}`);

const giver = z.object({ is_minor: z.boolean(), guardians: z.array(z.int()) });
/** Whether somebody is under 18, and who looks after them; null: nobody of this number. The row is locked. */
export const whoMayConsent = (transaction: Sql, userId: number, today: string) =>
  transaction.maybeOne(sql.type(giver)`
    select coalesce((birth_date + interval '18 years')::date > ${today}::date, false) as is_minor,
      array(select guardian_id from guardians where student_id = users.id order by 1) as guardians
    from users where id = ${userId} for no key update`);

/** Gives a consent; one of this kind and text that was given for a child and is over is closed first. The same one again: that one. */
export async function enterConsent(
  transaction: Sql,
  of: { userId: number; kind: ConsentKind; textVersion: string; givenBy: string; now: string } & StudioDay,
): Promise<Consent> {
  await transaction.query(sql.unsafe`
    update consents set withdrawn_at = ${of.now}::timestamptz from users where users.id = user_id and user_id = ${of.userId} and kind = ${of.kind}
      and withdrawn_at is null and not (${isValid(of)})`);
  await transaction.query(sql.unsafe`
    insert into consents (user_id, kind, text_version, given_by, given_at)
    values (${of.userId}, ${of.kind}, ${of.textVersion}, ${of.givenBy}, ${of.now}::timestamptz)
    on conflict (user_id, kind, text_version) where withdrawn_at is null do nothing`);
  return transaction.one(sql.type(consentRow)`
    select ${columns(of)} from consents join users on users.id = user_id
    where user_id = ${of.userId} and kind = ${of.kind} and text_version = ${of.textVersion} and withdrawn_at is null`);
}

/** Withdraws a consent; one withdrawn already stays as it is. Null when there is none. */
export async function withdrawConsent(
  transaction: Sql,
  of: { userId: number; id: number; now: string } & StudioDay,
): Promise<Consent | null> {
  await transaction.query(sql.unsafe`
    update consents set withdrawn_at = greatest(given_at, ${of.now}::timestamptz)
    where id = ${of.id} and user_id = ${of.userId} and withdrawn_at is null`);
  return transaction.maybeOne(sql.type(consentRow)`
    select ${columns(of)} from consents join users on users.id = user_id where consents.id = ${of.id} and user_id = ${of.userId}`);
}

/** Messages of the studio's own wish that still wait for somebody are sent no more (R30). */
export const stopMarketing = (transaction: Sql, userId: number) =>
  transaction.query(sql.unsafe`
    update notifications set status = 'skipped', error = 'consent withdrawn', in_line = false
    where user_id = ${userId} and status = 'pending' and template = 'studio_wrote' and params @> '{"is_marketing": true}'`);
