import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { ONE_OPEN } from '../tasks/tasks.ts';
import { bookingsThatMeet, type Pair, placesThatMeet } from './merge-obstacles.ts';

/** Of which of the two the kept one has it from now on. */
export type KeptFrom = 'own' | 'other';
/** `staff`: the kept one works here, and takes over no sign-in and no contact. `active`: the one who goes was active. */
export type Keeps = { signIn: KeptFrom; chat: KeptFrom; staff: boolean; active: boolean };
export type MergeAct = Pair & { keeps: Keeps; by: string; now: string };

type Step = (transaction: Sql, merging: MergeAct) => Promise<number>;
const both = ({ keptId, mergedId }: Pair) => sql.array([keptId, mergedId], 'int4');

/** A client becomes a student as the other one was; of two students the kept one's payer stays, and the earlier registration. */
const student: Step = async (transaction, { keptId, mergedId }) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    insert into students (id, payer_id, current_belt, registration_date, health_note)
    select ${keptId}, case payer_id when ${mergedId} then ${keptId} else payer_id end, current_belt, registration_date, health_note
    from students where id = ${mergedId} on conflict (id) do nothing`);
  if (rowCount > 0)
    await transaction.query(sql.unsafe`
      insert into user_roles (user_id, role) values (${keptId}, 'client') on conflict do nothing`);
  await transaction.query(sql.unsafe`
    update students own set registration_date = least(own.registration_date, other.registration_date),
      current_belt = case when coalesce(own.current_belt, 'White') = 'White' then coalesce(other.current_belt, own.current_belt) else own.current_belt end,
      health_note = case when own.health_note is null or other.health_note is null or own.health_note = other.health_note
        then coalesce(own.health_note, other.health_note) else left(own.health_note || E'\n' || other.health_note, 2000) end
    from students other where own.id = ${keptId} and other.id = ${mergedId}`);
  await transaction.query(sql.unsafe`
    select note_figures(registration_date, registration_date) from students where id = ${mergedId}`);
  return rowCount;
};

/** Whoever they paid for is paid for by the kept one; nobody pays for a closed record. */
const payer: Step = async (transaction, { keptId, mergedId }) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    update students set payer_id = ${keptId} where payer_id = ${mergedId} and id <> ${mergedId}`);
  await transaction.query(sql.unsafe`update students set payer_id = id where id = ${mergedId} and payer_id <> id`);
  return rowCount;
};

/** Of two open calls one is enough; of two that asked the same about their data the earlier deadline stays. */
const tasks: Step = async (transaction, { keptId, mergedId, by, now }) => {
  const ids = both({ keptId, mergedId });
  await transaction.query(sql.unsafe`
    update admin_tasks gone set done_at = ${now}::timestamptz, done_by = ${by} from admin_tasks stays
    where gone.user_id = any(${ids}) and stays.user_id = any(${ids}) and stays.user_id <> gone.user_id
      and gone.kind = any(${sql.array([...ONE_OPEN], 'text')}) and stays.kind = gone.kind and gone.done_at is null and stays.done_at is null
      and coalesce(nullif(gone.details ->> 'due_on', stays.details ->> 'due_on') > stays.details ->> 'due_on', gone.user_id = ${mergedId})`);
  const { rowCount } = await transaction.query(sql.unsafe`
    update admin_tasks set user_id = ${keptId},
      details = case when details ? 'person_id' then details || jsonb_build_object('person_id', ${keptId}::int) else details end
    where user_id = ${mergedId}`);
  return rowCount;
};

/** What one of them withdrew after the other one had given it is withdrawn; the same one given twice stays where it was given. */
const consents: Step = async (transaction, pair) => {
  await transaction.query(sql.unsafe`
    update consents mine set withdrawn_at = theirs.withdrawn_at from consents theirs
    where mine.user_id = any(${both(pair)}) and theirs.user_id = any(${both(pair)}) and theirs.user_id <> mine.user_id
      and theirs.kind = mine.kind and mine.withdrawn_at is null and theirs.withdrawn_at > mine.given_at`);
  const { rowCount } = await transaction.query(sql.unsafe`
    update consents row set user_id = ${pair.keptId} where user_id = ${pair.mergedId} and (withdrawn_at is not null or not exists (
      select from consents own where own.user_id = ${pair.keptId} and own.kind = row.kind and own.text_version = row.text_version
        and own.withdrawn_at is null))`);
  return rowCount;
};

/**
 * What both would read is read once, and what one of them was reminded of is not told again: the keys under which that is written say
 * whose it is. What waits leaves for where the kept one is.
 */
const messages: Step = async (transaction, { keptId, mergedId, keeps }) => {
  await transaction.query(sql.unsafe`
    update notifications note set status = 'skipped', error = 'superseded', in_line = false
    where user_id = ${mergedId} and status = 'pending' and exists (
      select from notifications own where own.user_id = ${keptId} and own.template = note.template and own.params = note.params
        and own.status in ('pending', 'sent') and own.created_at between note.created_at - interval '1 day' and note.created_at + interval '1 day')`);
  const { rowCount } = await transaction.query(
    sql.unsafe`update notifications set user_id = ${keptId} where user_id = ${mergedId}`,
  );
  await transaction.query(sql.unsafe`
    update notifications note set dedupe_key = regexp_replace(dedupe_key, ${`^(training_reminder:[0-9]+|missed_classes):${mergedId}:`}, ${`\\1:${keptId}:`})
    where template in ('training_reminder', 'missed_classes') and dedupe_key ~ ${`^(training_reminder:[0-9]+|missed_classes):${mergedId}:`}
      and (user_id = ${keptId} or user_id in (select guardian_id from guardians where student_id = any(${both({ keptId, mergedId })})))
      and not exists (select from notifications own where own.dedupe_key =
        regexp_replace(note.dedupe_key, ${`^(training_reminder:[0-9]+|missed_classes):${mergedId}:`}, ${`\\1:${keptId}:`}))`);
  // A chat that stays the kept one's is no change that would bring them there.
  if (keeps.chat === 'own' || keeps.staff)
    await transaction.query(sql.unsafe`
      update notifications note set parts_sent = 0, chat_id = case when blocked_at is null then telegram_id end,
        channel = case when telegram_id is not null and blocked_at is null then 'telegram' end,
        tried = case when blocked_at is null then array_remove(tried, 'telegram')
          else array_append(array_remove(tried, 'telegram'), 'telegram') end
      from users left join telegram_chats chat on chat.chat_id = users.telegram_id
      where users.id = ${keptId} and note.user_id = users.id and note.status = 'pending' and (note.channel is null or note.channel = 'telegram')
        and note.chat_id is distinct from case when blocked_at is null then telegram_id end`);
  return rowCount;
};

/** One sign-in remains; the other one's password, codes and devices end with it. */
const password: Step = async (transaction, { keptId, mergedId, keeps }) => {
  if (keeps.staff || keeps.signIn === 'own') return drop(transaction, mergedId);
  await drop(transaction, keptId);
  const { rowCount } = await transaction.query(sql.unsafe`update passwords set user_id = ${keptId} where user_id = ${mergedId}`);
  await transaction.query(sql.unsafe`
    insert into totp_secrets (user_id, secret, last_step, made_at, confirmed_at)
    select ${keptId}, secret, last_step, made_at, confirmed_at from totp_secrets where user_id = ${mergedId}`);
  await transaction.query(sql.unsafe`update recovery_codes set user_id = ${keptId} where user_id = ${mergedId}`);
  await transaction.query(sql.unsafe`delete from totp_secrets where user_id = ${mergedId}`);
  return rowCount;
};
async function drop(transaction: Sql, id: number) {
  const { rowCount } = await transaction.query(sql.unsafe`delete from passwords where user_id = ${id}`);
  if (rowCount > 0) await transaction.query(sql.unsafe`delete from sessions where user_id = ${id}`);
  await transaction.query(sql.unsafe`delete from totp_secrets where user_id = ${id}`);
  return 0;
}

/** Devices stay signed in, unless more would be theirs than was signed in for. */
const sessions: Step = async (transaction, { keptId, mergedId, keeps }) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    update sessions set user_id = ${keptId}
    where user_id = ${mergedId} and not ${keeps.staff}::bool
      and (${keeps.signIn === 'other'}::bool or not exists (select from totp_secrets where user_id = ${keptId}))`);
  await transaction.query(sql.unsafe`delete from sessions where user_id = ${mergedId}`);
  // An answer that got lost on the way is found again by the same device.
  await transaction.query(sql.unsafe`
    update idempotency_keys row set api_key = ${`person:${keptId}`} where api_key = ${`person:${mergedId}`} and not exists (
      select from idempotency_keys own where own.api_key = ${`person:${keptId}`} and own.key = row.key)`);
  return rowCount;
};

/** An entry of a calendar keeps its uid, so that no calendar shows it twice; those of a guardian's feed say for whom it is. */
const calendar: Step = async (transaction, { keptId, mergedId }) => {
  const pattern = `^(training:[0-9]+):${mergedId}$`;
  const renamed = sql.fragment`regexp_replace(row.occasion, ${pattern}, ${`\\1:${keptId}`})`;
  const { rowCount } = await transaction.query(sql.unsafe`
    update calendar_entries row set user_id = ${keptId}, occasion = ${renamed} where user_id = ${mergedId} and not exists (
      select from calendar_entries own where own.user_id = ${keptId} and own.occasion = ${renamed})`);
  await transaction.query(sql.unsafe`delete from calendar_entries where user_id = ${mergedId}`);
  await transaction.query(sql.unsafe`
    update calendar_entries row set occasion = ${renamed}
    where user_id in (select guardian_id from guardians where student_id = ${keptId}) and occasion ~ ${pattern} and not exists (
      select from calendar_entries own where own.user_id = row.user_id and own.occasion = ${renamed})`);
  return rowCount;
};

/** Days in a group that both have are one membership. */
const groups: Step = async (transaction, { keptId, mergedId }) => {
  await transaction.query(sql.unsafe`
    with theirs as (
      delete from group_members where student_id = any(${both({ keptId, mergedId })}) and group_id in (
        select group_id from group_members where student_id = any(${both({ keptId, mergedId })})
        group by group_id having count(distinct student_id) = 2)
      returning group_id, from_date, to_date
    )
    insert into group_members (group_id, student_id, from_date, to_date)
    select group_id, ${keptId}, lower(span), upper(span) - 1
    from (select group_id, unnest(range_agg(daterange(from_date, to_date, '[]'))) as span from theirs group by group_id) as days`);
  return (await transaction.query(sql.unsafe`update group_members set student_id = ${keptId} where student_id = ${mergedId}`))
    .rowCount;
};

const places: Step = async (transaction, merging) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    with place as materialized (${placesThatMeet(merging)})
    update real_training_students seat set student_id = ${merging.keptId} from place
    where seat.id = place.id and not is_same and not is_busy`);
  return rowCount;
};

const bookings: Step = async (transaction, merging) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    with met as materialized (${bookingsThatMeet(merging)})
    update bookings booking set client_id = ${merging.keptId} from met where booking.id = met.id and not is_busy`);
  return rowCount;
};

/** Awards are voided where they are and written anew, in their order, but for those that the kept one has (R3). */
const belts: Step = async (transaction, { keptId, mergedId, by }) => {
  const award = z.object({ id: z.int() });
  const ids = await transaction.anyFirst(sql.type(award)`
    select id from belt_awards where student_id = ${mergedId} and voided_at is null order by awarded_on, id`);
  if (ids.length === 0) return 0;
  const before = sql.array([...ids], 'int4');
  await transaction.query(sql.unsafe`
    update belt_awards set voided_at = now(), voided_by = ${by}, void_reason = ${`merged into ${keptId}`} where id = any(${before})`);
  const { rowCount } = await transaction.query(sql.unsafe`
    insert into belt_awards (student_id, program, belt_id, stripes, awarded_on, awarded_by, exam_id, skip_reason)
    select ${keptId}, program, belt_id, stripes, awarded_on, awarded_by, exam_id, skip_reason from belt_awards award
    where id = any(${before}) and not exists (select from belt_awards own where own.student_id = ${keptId} and own.voided_at is null
      and (own.program, own.belt_id, own.stripes) = (award.program, award.belt_id, award.stripes))
    order by awarded_on, id`);
  return rowCount;
};

const wallet: Step = async (transaction, { keptId, mergedId }) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind)
    select moved.user_id, moved.amount_minor, 'merge' from wallets
    cross join lateral (values (wallets.user_id, -balance_minor), (${keptId}, balance_minor)) as moved (user_id, amount_minor)
    where wallets.user_id = ${mergedId} and balance_minor > 0`);
  return rowCount;
};

/** What no rule for all rows of a table can say. */
export const rowByRow: Readonly<Record<string, Step>> = {
  'students.id': student,
  'students.payer_id': payer,
  'admin_tasks.user_id': tasks,
  'consents.user_id': consents,
  'notifications.user_id': messages,
  'passwords.user_id': password,
  'totp_secrets.user_id': async () => 0,
  'sessions.user_id': sessions,
  'calendar_entries.user_id': calendar,
  'group_members.student_id': groups,
  'real_training_students.student_id': places,
  'bookings.client_id': bookings,
  'belt_awards.student_id': belts,
  'wallet_transactions.user_id': wallet,
};
