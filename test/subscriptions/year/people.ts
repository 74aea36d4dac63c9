import { z } from 'zod';
import { addDays } from '../../../queues/time/calendar.ts';
import { type Database, sql } from '../../../sql/database/database.ts';
import type { Random } from '../../../sql/demo/random.ts';
import { writeRequest } from '../../../sql/finance/requests.ts';
import { answerRequest } from '../../../workers/finance/answer-request.ts';
import type { TestApi } from '../../support/front-door.ts';
import { STUDENTS } from './studio.ts';

/** How often what was asked for was done and how often refused, by what it was. */
export type Deeds = Map<string, { done: number; refused: number }>;

type Day = { api: TestApi; random: Random; today: string; now: Date; deeds: Deeds };

/** What people do on a day: they pay, buy, freeze, cancel, change their minds; always by the routes they have. */
export async function peopleOn(day: Day) {
  const { random } = day;
  const often: [number, (day: Day) => Promise<void>][] = [
    [4, pay],
    [3, buy],
    [1, freeze],
    [1, cancelSeat],
    [1, add],
  ];
  for (const [most, act] of often) for (let n = random.int(0, most); n > 0; n -= 1) await act(day);
  if (random.chance(0.25)) await unfreeze(day);
  if (random.chance(0.3)) await changeRenewal(day);
  if (random.chance(0.08)) await callOffSubscription(day);
  if (random.chance(0.05)) await callOffTraining(day);
  if (random.chance(0.06)) await takeBack(day);
}

const aStudent = ({ random }: Day) => random.int(1, STUDENTS);

const pay = (day: Day) =>
  through(day, 'payment', 'POST', `/api/students/${aStudent(day)}/payments`, {
    amount_minor: day.random.pick([480_000, 900_000, 1_500_000, 4_000_000]),
  });

const buy = (day: Day) =>
  through(day, 'purchase', 'POST', `/api/students/${aStudent(day)}/subscriptions`, {
    subscription_id: day.random.int(1, 5),
    is_auto_renew: day.random.chance(0.6),
    start_date: addDays(day.today, day.random.int(-2, 6)),
  });

async function freeze(day: Day) {
  const from = addDays(day.today, day.random.int(0, 8));
  const length = day.random.int(0, 14);
  await onHeld(day, 'freeze', 'POST', '/freeze', { from, to: addDays(from, length) });
}
const unfreeze = (day: Day) => onHeld(day, 'unfreeze', 'POST', '/unfreeze', {}, sql.fragment`freeze_end_date is not null`);
const changeRenewal = (day: Day) => onHeld(day, 'renewal switch', 'PATCH', '', { is_auto_renew: day.random.chance(0.5) });
const callOffSubscription = (day: Day) =>
  onHeld(day, 'subscription called off', 'POST', '/cancel', { reason: 'переезд', refund_minor: day.random.pick([0, 100_000]) });

async function onHeld(day: Day, what: string, method: string, path: string, body: object, where = sql.fragment`true`) {
  const ids = await day.api.db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from student_subscriptions where status in ('active', 'frozen') and ${where} order by id`);
  if (ids.length > 0) await through(day, what, method, `/api/student-subscriptions/${day.random.pick(ids)}${path}`, body);
}

async function takeBack(day: Day) {
  const ids = await day.api.db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from payments where cancelled_at is null order by id desc limit 30`);
  if (ids.length > 0)
    await through(day, 'payment taken back', 'POST', `/api/payments/${day.random.pick(ids)}/cancel`, { reason: 'ошибка' });
}

async function through({ api, deeds }: Day, what: string, method: string, path: string, body: object) {
  const { status, text } = await api.ask(method, path, { body });
  if (![200, 201, 409, 422].includes(status)) throw new Error(`${method} ${path}: ${status} ${text}`);
  count(deeds, what, status < 300);
}

const seat = z.object({ real_training_id: z.int(), student_id: z.int() });

/** Of the next days' registrations, so that some are cancelled within twelve hours and most before. */
async function cancelSeat(day: Day) {
  const seats = await day.api.db.any(sql.type(seat)`
    select real_training_id, student_id from real_training_students seat join real_trainings training on training.id = real_training_id
    where seat.status = 'REGISTERED' and training_date between ${day.today}::date and ${day.today}::date + 2 order by seat.id`);
  if (seats.length === 0) return;
  const { real_training_id, student_id } = day.random.pick(seats);
  await request(day, 'participation cancelled', 'cancel_participation', real_training_id, student_id);
}

async function callOffTraining(day: Day) {
  const id = await aTraining(day);
  if (id) await request(day, 'training called off', 'cancel_training', id);
}
async function add(day: Day) {
  const id = await aTraining(day);
  if (id) await request(day, 'student added', 'add_student', id, aStudent(day));
}

async function aTraining({ api, random, today }: Day) {
  const ids = await api.db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from real_trainings where training_date between ${today}::date and ${today}::date + 3 order by id`);
  return ids.length > 0 ? random.pick(ids) : undefined;
}

type Kind = Parameters<typeof writeRequest>[1]['kind'];
async function request({ api, now, deeds }: Day, what: string, kind: Kind, trainingId: number, studentId?: number) {
  const fields = { kind, trainingId, studentId, reason: 'год', requestedAt: now, by: 'test', requestId: 'test' };
  const { id } = await writeRequest(api.db, fields);
  const decision = await answerRequest(api.db, id, api.fleet.settings.zone);
  count(deeds, what, decision?.refused === undefined);
}

function count(deeds: Deeds, what: string, isDone: boolean) {
  const progress = deeds.get(what) ?? { done: 0, refused: 0 };
  deeds.set(what, { done: progress.done + (isDone ? 1 : 0), refused: progress.refused + (isDone ? 0 : 1) });
}

/** What the owner changes in the course of the year: prices in spring, a subscription that is sold no more from summer on. */
export async function ownerOn(db: Database, today: string) {
  if (today.endsWith('-03-01'))
    await db.query(sql.unsafe`update subscriptions set price_minor = price_minor + 20000 where price_minor > 0`);
  if (today.endsWith('-07-10')) await db.query(sql.unsafe`update subscriptions set is_active = false where name = '12 занятий'`);
}
