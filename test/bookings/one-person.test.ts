import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { buildWindow, initialWeek } from '../../sql/generation/week.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { monday } from '../support/days.ts';
import { beforehand } from '../support/weeks.ts';
import { counter } from './counter.ts';
import { at } from './salon.ts';

const { api, make, scene, book } = await counter();
const TEN = at(3, '10:00');

/** Somebody who is registered in a training at that time. */
async function inTraining(starts = TEN, student?: number) {
  const type = await make.type();
  const person = student ?? (await make.student());
  const training = await make.training({ trainer: await make.trainer(), at: starts });
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${person})`,
  );
  const name = await api.db.oneFirst(sql.unsafe`
    select name from real_trainings join training_types type on type.id = training_type_id where real_trainings.id = ${training}`);
  return { type, person, training, words: `is registered in the training ${training} (${name}) at that time` };
}

describe('booking', () => {
  test.each([
    ['at the same time', '10:00', 409],
    ['up to its begin', '09:00', 201],
    ['into its begin', '09:15', 409],
    ['into its end', '10:45', 409],
    ['from its end on', '11:00', 201],
  ])('a client who is in a training, %s (%s): %i, and it says what he has then', async (_, time, status) => {
    const { person, words } = await inTraining();
    const wish = { ...(await scene()), client_id: person, starts_at: at(3, time) };
    const answer = await book(wish);
    expect(answer).toMatchObject({ status });
    if (status === 409) {
      expect(answer.body.detail).toBe(`the client ${words}`);
      expect(answer.body.slots).not.toContain(at(3, '10:30'));
      expect(answer.body.slots).toContain(at(3, '11:00'));
    }
  });

  test.each([['training given'], ['booking given'], ['absence']])('a client who has a %s then is refused', async (what) => {
    const wish = { ...(await scene()), starts_at: TEN };
    const client_id = await make.specialist([wish.service_id]);
    await make.type();
    if (what === 'training given') await make.training({ trainer: client_id, at: TEN });
    if (what === 'booking given') await book({ ...wish, client_id: await make.client(), specialist_id: client_id });
    if (what === 'absence')
      await api.post('/api/specialist-absences', { specialist_id: client_id, from: at(3, '09:00'), to: at(3, '11:00') });
    await api.db.query(sql.unsafe`insert into user_roles (user_id, role) values (${client_id}, 'client')`);
    const answer = await book({ ...wish, client_id });
    expect(answer).toMatchObject({ status: 409 });
    expect(answer.body.detail).toMatch(/^the client (gives the training|is booked at that time|is absent at that time)/);
  });

  test('a specialist who is in a training, or a client, is neither offered nor booked then', async () => {
    const wish = { ...(await scene()), starts_at: TEN };
    await api.db.query(sql.unsafe`insert into students (id) values (${wish.specialist_id})`);
    const day = TEN.slice(0, 10);
    const offered = async () => {
      const answer = await api.get(`/slots?service_id=${wish.service_id}&specialist_id=${wish.specialist_id}&from=${day}&days=1`);
      return answer.body.specialists[0].days[0].starts;
    };
    expect(await offered()).toContain(TEN);
    await inTraining(TEN, wish.specialist_id);
    const other = await scene();
    await api.db.query(
      sql.unsafe`insert into user_roles (user_id, role) values (${wish.specialist_id}, 'client') on conflict do nothing`,
    );
    expect(await book({ ...other, client_id: wish.specialist_id, starts_at: at(3, '13:00') })).toMatchObject({ status: 201 });
    const starts = await offered();
    for (const time of ['10:00', '10:45', '13:00']) expect(starts).not.toContain(at(3, time));
    expect(starts).toContain(at(3, '11:00'));
    expect(await book(wish)).toMatchObject({ status: 409, body: { detail: 'the specialist is not free at that time' } });
  });

  test.each([false, true])(
    'moving a booking to where the client has a training: 409, and it stays (Idempotency-Key: %s)',
    async (isKeyed) => {
      const { person, words } = await inTraining();
      const wish = { ...(await scene()), client_id: person, starts_at: at(3, '14:00') };
      const { id } = (await book(wish)).body;
      const headers: Record<string, string> = isKeyed ? { 'Idempotency-Key': `move-${id}` } : {};
      const answer = await api.post(`/bookings/${id}/reschedule`, { starts_at: TEN }, { headers });
      expect(answer).toMatchObject({ status: 409, body: { detail: `the client ${words}` } });
      expect((await api.get(`/bookings/${id}`)).body).toMatchObject({ starts_at: at(3, '14:00') });
    },
  );
});

describe('registering by hand', () => {
  const add = async (student: number, starts: string) => {
    await make.type();
    const training = await make.training({ trainer: await make.trainer(), at: starts });
    return api.post(`/real-trainings/${training}/students`, { student_id: student });
  };

  test.each([
    ['10:00', 409],
    ['09:00', 200],
    ['09:15', 409],
    ['10:59', 409],
    ['11:00', 200],
  ])('a student with a booking at 10:00, into a training at %s: %i', async (time, status) => {
    const student = await make.student();
    const { id } = (await book({ ...(await scene()), client_id: student, starts_at: TEN })).body;
    const service = (await api.get(`/bookings/${id}`)).body.service;
    const answer = await add(student, at(3, time));
    expect(answer).toMatchObject({ status });
    if (status === 409) expect(answer.body.detail).toBe(`the student has the booking ${id} (${service}) at that time`);
  });

  test('a student who is in another training, or gives one, is refused with the name of it', async () => {
    const { person, words } = await inTraining();
    expect(await add(person, TEN)).toMatchObject({ status: 409, body: { detail: `the student ${words}` } });
    const trainer = await make.trainer();
    await api.db.query(sql.unsafe`insert into students (id) values (${trainer})`);
    const training = await make.training({ trainer, at: TEN });
    expect((await add(trainer, TEN)).body.detail).toMatch(new RegExp(`^the student gives the training ${training} `));
  });

  test('a booking that is not paid in time is in nobody’s way', async () => {
    const [student, other] = [await make.student(), await scene()];
    const heldUntil = new Date(Date.now() - 1_000).toISOString();
    await make.booking({ client: student, specialist: other.specialist_id, service: other.service_id, at: TEN, heldUntil });
    expect(await add(student, TEN)).toMatchObject({ status: 200 });
  });
});

test('generation seats nobody who is booked, gives a training or is absent then: student_busy; after it he is seated', async () => {
  const start = monday();
  const onMonday = (time: string) => new Date(`${start}T${time}:00+03:00`).toISOString();
  const type = await make.type();
  const template = await make.template({ type, trainer: await make.trainer(), time: '10:00' });
  const { service_id, specialist_id } = await scene();
  const people = {
    booked: await make.student(),
    trainer: await make.trainer(),
    absent: await make.trainer(),
    free: await make.student(),
  };
  for (const id of [people.trainer, people.absent]) await api.db.query(sql.unsafe`insert into students (id) values (${id})`);
  for (const id of Object.values(people)) await make.link(template, id, { since: '2020-01-01' });
  await make.booking({ client: people.booked, specialist: specialist_id, service: service_id, at: onMonday('10:45') });
  await make.booking({ client: people.free, specialist: specialist_id, service: service_id, at: onMonday('09:00') });
  await make.training({ trainer: people.trainer, at: onMonday('09:30') });
  await api.post('/api/specialist-absences', { specialist_id: people.absent, from: onMonday('00:00'), to: onMonday('23:00') });
  const week = { start, zone: 'Europe/Moscow', graceDays: 7 };
  const built = await api.db.transaction((transaction) => buildWindow(transaction, beforehand(week), initialWeek, null));
  const busy = built.warnings
    .filter(({ reason }) => reason === 'student_busy')
    .map((warning) => 'student_id' in warning && warning.student_id);
  expect(busy).toEqual([people.booked, people.trainer, people.absent]);
  expect(built.students_added).toBe(1);
  await api.db.query(
    sql.unsafe`update bookings set status = 'CANCELLED', cancelled_at = now() where client_id = ${people.booked}`,
  );
  const again = await api.db.transaction((transaction) => buildWindow(transaction, beforehand(week), initialWeek, null));
  expect(again.students_added).toBe(1);
});

test('a client booked and registered in the same moment is refused in words, not lost', async () => {
  const [student, other] = [await make.student(), await scene()];
  await make.type();
  const training = await make.training({ trainer: await make.trainer(), at: TEN });
  const id = await api.db.oneFirst(sql.unsafe`
    insert into finance_requests (kind, real_training_id, student_id, requested_at, requested_by)
    values ('add_student', ${training}, ${student}, now(), 'test') returning id`);
  const [booked, decided] = await Promise.all([
    book({ ...other, client_id: student, starts_at: TEN }),
    answerRequest(api.db, Number(id), 'Europe/Moscow'),
  ]);
  const isSeated = decided !== null && !decided.refused;
  expect([booked.status, isSeated]).toEqual(isSeated ? [409, true] : [201, false]);
  if (!isSeated) expect(decided?.refused?.detail).toMatch(/^the student has the booking/);
});
