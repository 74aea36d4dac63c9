import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { at, byHandForEach, dayIn, FAR } from './scene.ts';

const scene = byHandForEach();
const group = (students = 2, of: Record<string, unknown> = {}) => scene.group(students, of);
const move = (training: Json, body: Record<string, unknown>) =>
  scene.api.patch(`/real-trainings/${training.id}`, { version: training.version, ...body });
const undo = ({ body }: { body: Json }) => scene.api.post(body.undo.href);
const seats = async (id: number) =>
  (await scene.api.get(`/real-trainings/${id}`)).body.students.map(({ student_id, status }: Json) => [student_id, status]);

describe('a training is moved by hand (R12)', () => {
  test('time, length, trainer, room, price, places and notes; the version grows, slots and occupancies follow', async () => {
    const training = await group();
    const [trainer, room] = [await scene.make.trainer(), await scene.make.room()];
    const moved = await move(training, {
      starts_at: at(dayIn(FAR + 1), '18:30'),
      duration_minutes: 90,
      trainer_id: trainer,
      room_id: room,
      price_minor: 70_000,
      max_participants: 5,
      notes: 'bring bands',
    });
    expect(moved).toMatchObject({
      status: 200,
      body: {
        training_date: dayIn(FAR + 1),
        start_time: '18:30:00',
        starts_at: at(dayIn(FAR + 1), '18:30'),
        ends_at: at(dayIn(FAR + 1), '20:00'),
        trainer_id: trainer,
        room_id: room,
        price_minor: 70_000,
        max_participants: 5,
        notes: 'bring bands',
        version: training.version + 1,
        dry_run: false,
      },
    });
    const there = await scene.db.any(sql.unsafe`
      select coalesce(person_id, room_id) as id, lower(during) as from_at from occupancies where real_training_id = ${training.id} order by id`);
    expect(new Set((there as Json[]).map(({ id }) => id))).toEqual(new Set([trainer, room, ...training.students]));
    expect(new Set((there as Json[]).map(({ from_at }) => from_at))).toEqual(new Set([at(dayIn(FAR + 1), '18:30')]));
    expect(await scene.audit()).toEqual([]);
  });

  test.each(['by a body of an old version', 'by If-Match'])(
    'an old version is refused with the training as it is, %s',
    async (how) => {
      const training = await group(0);
      const first = await move(training, { starts_at: at(dayIn(FAR), '12:00') });
      expect(first.status).toBe(200);
      const body = { starts_at: at(dayIn(FAR), '13:00') };
      const second = how.includes('If-Match')
        ? await scene.api.patch(`/real-trainings/${training.id}`, body, { headers: { 'If-Match': `"${training.version}"` } })
        : await move(training, body);
      expect(second).toMatchObject({ status: 409, body: { training: { version: first.body.version, start_time: '12:00:00' } } });
      const third = await scene.api.patch(`/real-trainings/${training.id}`, body, {
        headers: { 'If-Match': `"${first.body.version}"` },
      });
      expect(third.status).toBe(200);
    },
  );

  test('without any version it is refused, and so are two that differ', async () => {
    const training = await group(0);
    const path = `/real-trainings/${training.id}`;
    expect((await scene.api.patch(path, { notes: 'x' })).body.errors).toMatchObject([{ path: 'version' }]);
    expect((await scene.api.patch(path, { notes: 'x', version: 1 }, { headers: { 'If-Match': '"2"' } })).status).toBe(422);
    expect((await scene.api.patch(path, { notes: 'x' }, { headers: { 'If-Match': 'abc' } })).status).toBe(422);
  });

  test('of two at once with one version one wins', async () => {
    const training = await group(3);
    const both = await Promise.all([
      move(training, { starts_at: at(dayIn(FAR), '12:00') }),
      move(training, { starts_at: at(dayIn(FAR), '14:00') }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [won] = both.filter(({ status }) => status === 200);
    expect(await scene.trainings([training.id])).toMatchObject([
      { starts_at: won!.body.starts_at, version: training.version + 1 },
    ]);
  });

  test.each([
    ['a start behind', { starts_at: at(dayIn(-1), '10:00') }, 422],
    ['a start beyond the bounds', { starts_at: '2101-01-01T10:00:00+03:00' }, 422],
    ['no whole minute', { starts_at: at(dayIn(FAR), '10:00').replace(':00.000', ':30.000') }, 422],
    ['no trainer', { trainer_id: 2_000_000_000 }, 422],
    ['no room', { room_id: 2_000_000_000 }, 422],
    ['no length', { duration_minutes: 0 }, 422],
    ['more than a day', { duration_minutes: 1_441 }, 422],
    ['less places than people', { max_participants: 1 }, 409],
  ])('%s is refused', async (_, body, status) => {
    const training = await group();
    expect((await move(training, body)).status).toBe(status);
    expect(await scene.trainings([training.id])).toMatchObject([{ version: training.version }]);
  });

  test.each(['completed', 'cancelled'])('one that is %s is refused; its notes may be written', async (status) => {
    const training = await group(0);
    await scene.db.query(sql.unsafe`
      update real_trainings set status = ${status}, cancelled_at = case when ${status} = 'cancelled' then now() end where id = ${training.id}`);
    const [{ version }] = (await scene.trainings([training.id])) as [Json];
    expect((await move({ ...training, version }, { starts_at: at(dayIn(FAR), '12:00') })).status).toBe(409);
    expect((await move({ ...training, version }, { notes: 'x' })).status).toBe(200);
  });

  test('one that has begun is refused', async () => {
    const training = await group(0);
    await scene.db.query(sql.unsafe`
      update real_trainings set starts_at = now() - interval '1 minute', ends_at = now() + interval '1 hour', training_date = (now() at time zone 'Europe/Moscow')::date where id = ${training.id}`);
    const [{ version }] = (await scene.trainings([training.id])) as [Json];
    expect(await move({ ...training, version }, { starts_at: at(dayIn(FAR), '12:00') })).toMatchObject({
      status: 409,
      body: { detail: 'the training has started' },
    });
  });

  test('onto a conflict: trainer, room, absence and closed hours are named', async () => {
    const room = await scene.make.room();
    const training = await group(0, { room_id: room });
    const other = await scene.training({ starts_at: at(dayIn(FAR), '14:00'), trainer_id: training.trainer_id });
    const third = await scene.training({ starts_at: at(dayIn(FAR), '16:00'), room_id: room });
    await scene.db.query(sql.unsafe`
      insert into specialist_absences (specialist_id, from_at, to_at)
      values (${training.trainer_id}, ${at(dayIn(FAR), '18:00')}::timestamptz, ${at(dayIn(FAR), '19:00')}::timestamptz)`);
    await scene.db.query(sql.unsafe`
      insert into calendar_overrides (location_id, day, intervals) select location_id, ${dayIn(FAR + 1)}::date, '[]' from rooms where id = ${room}`);
    const tried = async (day: number, time: string) => (await move(training, { starts_at: at(dayIn(day), time) })).body.obstacles;
    expect(await tried(FAR, '14:30')).toMatchObject([
      { what: 'trainer', id: training.trainer_id, why: expect.stringContaining(String(other.id)) },
    ]);
    expect(await tried(FAR, '15:30')).toMatchObject([{ what: 'room', id: room, why: expect.stringContaining(String(third.id)) }]);
    expect(await tried(FAR, '18:30')).toMatchObject([{ what: 'trainer', why: expect.stringContaining('absent') }]);
    expect(await tried(FAR + 1, '10:00')).toMatchObject([{ what: 'closed', why: 'the location is closed then' }]);
    expect((await move(training, { starts_at: at(dayIn(FAR), '19:00') })).status).toBe(200);
  });

  test('students who would be busy are listed; with release their places are freed safely', async () => {
    const training = await group(3);
    const [busy] = training.students;
    const other = await scene.training({ starts_at: at(dayIn(FAR), '14:00') });
    await scene.seat(other.id, busy);
    await scene.emptyOutbox();
    const to = { starts_at: at(dayIn(FAR), '14:30') };
    expect(await move(training, to)).toMatchObject({
      status: 409,
      body: { obstacles: [], busy: [{ student_id: busy, why: expect.stringContaining(String(other.id)) }] },
    });
    const released = await move(training, { ...to, release: true });
    expect(released).toMatchObject({
      status: 200,
      body: { start_time: '14:30:00', registered: 2, consequences: { busy: [{ student_id: busy }] } },
    });
    expect(await seats(training.id)).toContainEqual([busy, 'CANCELLED_SAFE']);
    const notes = await scene.notes();
    expect(notes.filter(({ user_id }) => user_id === busy).map(({ template }) => template)).toEqual(['participation_cancelled']);
    expect((await undo(released)).status).toBe(200);
    expect(await seats(training.id)).toEqual(training.students.map((id: number) => [id, 'REGISTERED']));
    expect(await scene.notes()).toEqual([]);
    expect(await scene.audit()).toEqual([]);
  });

  test('nothing changed: no version, nobody told, nothing to take back', async () => {
    const training = await group();
    expect(await move(training, { starts_at: training.starts_at, room_id: null })).toMatchObject({
      status: 200,
      body: { version: training.version, undo: null, consequences: { told: { count: 0 } } },
    });
    expect(await scene.notes()).toEqual([]);
  });
});

describe('a dry run', () => {
  test('says what the move then does, and writes nothing', async () => {
    const training = await group(3);
    const [busy, payee] = training.students;
    const parent = await scene.make.student();
    await scene.db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${payee}`);
    const other = await scene.training({ starts_at: at(dayIn(FAR - 1), '14:00') });
    await scene.seat(other.id, busy);
    const digest = () =>
      scene.db.oneFirst(sql.unsafe`
        select md5(string_agg(t::text, '' order by id)) from (
          select id, to_jsonb(real_trainings)::text as t from real_trainings
          union all select id, to_jsonb(real_training_students)::text from real_training_students
          union all select id, to_jsonb(notifications)::text from notifications union all select id, to_jsonb(undos)::text from undos) as rows`);
    const before = await digest();
    const to = { starts_at: at(dayIn(FAR - 1), '14:30'), trainer_id: await scene.make.trainer(), release: true };
    const dry = await move(training, { ...to, dry_run: true });
    expect(await digest()).toBe(before);
    expect(dry).toMatchObject({
      status: 200,
      body: { version: training.version, start_time: '10:00:00', undo: null, dry_run: true },
    });
    expect(dry.body.consequences.told.people.map(({ as }: Json) => as).sort()).toEqual([
      'former_trainer',
      'payer',
      'student',
      'student',
      'trainer',
    ]);
    expect(dry.body.consequences).toMatchObject({
      told: { count: 5 },
      busy: [{ student_id: busy }],
      free_until: { before: at(dayIn(FAR - 1), '22:00'), after: at(dayIn(FAR - 1), '02:30') },
    });
    expect(dry.body.consequences.loses.map(({ what, student_id }: Json) => [what, student_id])).toEqual(
      training.students.slice(1).map((id: number) => ['free_cancellation', id]),
    );
    const done = await move(training, to);
    expect(done.body.consequences).toEqual(dry.body.consequences);
  });

  test('names what makes it impossible, and an old version is refused', async () => {
    const training = await group();
    await scene.training({ starts_at: at(dayIn(FAR), '14:00'), trainer_id: training.trainer_id });
    expect(await move(training, { starts_at: at(dayIn(FAR), '14:30'), dry_run: true })).toMatchObject({
      status: 200,
      body: { consequences: { obstacles: [{ what: 'trainer' }] } },
    });
    expect((await move({ ...training, version: training.version + 1 }, { notes: 'x', dry_run: true })).status).toBe(409);
  });
});

describe('moved less than 24 hours before, cancelling is free until the start', () => {
  test.each([
    ['a minute less than 24 hours before the old start', 24 * 60 - 1, 200 * 60, true],
    ['24 hours before the old start', 24 * 60 + 1, 200 * 60, false],
    ['to a start in less than 24 hours', 200 * 60, 3 * 60, true],
    ['from a far start to another', 200 * 60, 210 * 60, false],
  ])('%s', async (_, from, to, isFree) => {
    const start = (minutes: number) => new Date((Math.floor(Date.now() / 60_000) + minutes) * 60_000).toISOString();
    const training = await group(1, { starts_at: start(from) });
    const moved = await move(training, { starts_at: start(to) });
    expect(moved.body.consequences.free_until.after).toBe(start(isFree ? to : to - 12 * 60));
    await scene.db.query(sql.unsafe`
      update real_trainings set starts_at = now() + interval '1 hour', ends_at = now() + interval '2 hours' where id = ${training.id}`);
    const [student] = training.students;
    const cancelled = await scene.api.post(`/real-trainings/${training.id}/students/${student}/cancel`, { reason: 'ill' });
    expect(cancelled.body.outcome).toBe(isFree ? 'safe' : 'late');
  });
});
