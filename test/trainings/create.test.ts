import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { at, byHandForEach, dayIn } from './scene.ts';

const scene = byHandForEach();
const count = (table: string) =>
  scene.db.oneFirst(sql.unsafe`select count(*)::int from ${sql.identifier([table])}`) as Promise<number>;

describe('a training is made by hand', () => {
  test.each(['group', 'personal', 'trial'])(
    '%s: what is not said is as its type has it; students have a place at once',
    async (kind) => {
      const type = await scene.make.type({ places: 4, price: 80_000, minutes: 45 });
      const [trainer, one, other] = [await scene.make.trainer(), await scene.make.student(), await scene.make.student()];
      const made = await scene.training({
        kind,
        training_type_id: type,
        trainer_id: trainer,
        starts_at: at(dayIn(3), '23:40'),
        notes: 'first time',
        student_ids: [one, other],
      });
      expect(made).toMatchObject({
        kind,
        training_template_id: null,
        training_date: dayIn(3),
        start_time: '23:40:00',
        ends_at: at(dayIn(4), '00:25'),
        max_participants: 4,
        price_minor: 80_000,
        registered: 2,
        notes: 'first time',
        version: 1,
        status: 'scheduled',
      });
      expect((await scene.notes()).map(({ user_id, text }) => [user_id, text.split('\n')[0]])).toEqual([
        [trainer, 'You give 1 new training:'],
        [one, 'You have a place in 1 training:'],
        [other, 'You have a place in 1 training:'],
      ]);
      expect((await scene.api.post(made.undo.href)).body).toMatchObject({ kind: 'trainings_created', subject_id: made.id });
      expect((await scene.api.get(`/real-trainings/${made.id}`)).status).toBe(404);
      expect([await count('real_training_students'), await count('occupancies'), await count('notifications')]).toEqual([
        0, 0, 0,
      ]);
    },
  );

  test('all obstacles are listed, and nothing is made', async () => {
    const student = await scene.make.student();
    const there = await scene.training({ starts_at: at(dayIn(3), '10:00'), student_ids: [student] });
    const body = { training_type_id: await scene.make.type(), starts_at: at(dayIn(3), '10:30') };
    expect(
      await scene.api.post('/real-trainings', { ...body, trainer_id: there.trainer_id, student_ids: [student] }),
    ).toMatchObject({
      status: 409,
      body: { obstacles: [{ what: 'trainer', id: there.trainer_id }], busy: [{ student_id: student }] },
    });
    expect(await count('real_trainings')).toBe(1);
  });

  test.each([
    ['a start behind', { starts_at: at(dayIn(-1), '10:00') }, 422],
    ['beyond the bounds', { starts_at: '2101-01-01T00:00:00Z' }, 422],
    ['no type', { training_type_id: 2_000_000_000 }, 422],
    ['no trainer', { trainer_id: 2_000_000_000 }, 422],
    ['no student', { student_ids: [2_000_000_000] }, 422],
    ['a student twice', { student_ids: [1, 1] }, 422],
    ['a kind there is not', { kind: 'secret' }, 422],
  ])('%s is refused', async (_, wrong, status) => {
    const body = {
      training_type_id: await scene.make.type(),
      trainer_id: await scene.make.trainer(),
      starts_at: at(dayIn(3), '10:00'),
    };
    expect((await scene.api.post('/real-trainings', { ...body, ...wrong })).status).toBe(status);
  });

  test('an inactive trainer or student, and more students than places, are refused', async () => {
    const starts_at = at(dayIn(3), '10:00');
    const [type, trainer] = [await scene.make.type({ places: 1 }), await scene.make.trainer()];
    const [away, one, other] = [
      await scene.make.student({ isActive: false }),
      await scene.make.student(),
      await scene.make.student(),
    ];
    const post = (of: object) =>
      scene.api.post('/real-trainings', { training_type_id: type, trainer_id: trainer, starts_at, ...of });
    expect((await post({ trainer_id: await scene.make.trainer({ isActive: false }) })).status).toBe(422);
    expect((await post({ student_ids: [away] })).status).toBe(409);
    expect((await post({ student_ids: [one, other] })).body.detail).toBe('there are 1 places for 2 students');
    expect((await post({ student_ids: [one] })).status).toBe(201);
  });

  test('of many at once for one trainer one is made', async () => {
    const body = {
      training_type_id: await scene.make.type(),
      trainer_id: await scene.make.trainer(),
      starts_at: at(dayIn(3), '10:00'),
    };
    const all = await Promise.all(Array.from({ length: 8 }, () => scene.api.post('/real-trainings', body)));
    expect(all.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test('a hold that is over is in nobody’s way', async () => {
    const trainer = await scene.make.trainer();
    const client = await scene.make.user('Client', 'client');
    await scene.db.query(sql.unsafe`
      with service as (insert into services (name, duration_minutes) values ('Massage', 60) returning id)
      insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, service_price_minor,
        price_minor, status, held_until)
      select ${client}, ${client}, ${trainer}, id, ${at(dayIn(3), '10:00')}::timestamptz, now(), now(), 60, 0, 0, 'PENDING', now() - interval '1 second' from service`);
    const made = await scene.training({ trainer_id: trainer, starts_at: at(dayIn(3), '10:30') });
    expect(made.status).toBe('scheduled');
  });
});

describe('deleting', () => {
  test('one that nobody was ever in is gone', async () => {
    const made = await scene.training({ starts_at: at(dayIn(3), '10:00') });
    expect((await scene.api.ask('DELETE', `/real-trainings/${made.id}`)).status).toBe(204);
    expect((await scene.api.ask('DELETE', `/real-trainings/${made.id}`)).status).toBe(404);
    expect(await scene.api.post(made.undo.href)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is gone') },
    });
  });

  test('one with a place that was cancelled, or of a template, is not', async () => {
    const made = await scene.training({ starts_at: at(dayIn(3), '10:00') });
    await scene.seat(made.id, await scene.make.student());
    await scene.db.query(sql.unsafe`update real_training_students set status = 'CANCELLED_SAFE', cancelled_at = now()`);
    expect((await scene.api.ask('DELETE', `/real-trainings/${made.id}`)).status).toBe(409);
    const other = await scene.training({ starts_at: at(dayIn(3), '12:00') });
    const template = await scene.make.template({ type: other.training_type_id, trainer: other.trainer_id });
    await scene.db.query(
      sql.unsafe`update real_trainings set training_template_id = ${template}, template_date = training_date where id = ${other.id}`,
    );
    expect((await scene.api.ask('DELETE', `/real-trainings/${other.id}`)).body.detail).toContain('cancel it instead');
  });
});

describe('a series', () => {
  const wish = async (of: object = {}) => ({
    weekdays: [1, 3],
    start_time: '18:00',
    from: dayIn(1),
    until: dayIn(14),
    training_type_id: await scene.make.type(),
    trainer_id: await scene.make.trainer(),
    ...of,
  });

  test('every Monday and Wednesday at 18:00; taken back, none is left', async () => {
    const student = await scene.make.student();
    const { status, body } = await scene.api.post('/real-trainings/series', await wish({ student_ids: [student] }));
    expect(status).toBe(201);
    expect(body.trainings).toHaveLength(4);
    for (const one of body.trainings as Json[]) {
      expect([1, 3]).toContain(new Date(one.training_date).getUTCDay());
      expect(one).toMatchObject({ start_time: '18:00:00', series_id: body.series_id, registered: 1, training_template_id: null });
    }
    expect((await scene.notes()).map(({ template, params }) => [template, (params.trainings as Json[]).length])).toEqual([
      ['training_given', 4],
      ['training_created', 4],
    ]);
    expect((await scene.api.post(body.undo.href)).status).toBe(200);
    expect([await count('real_trainings'), await count('training_series')]).toEqual([0, 0]);
  });

  test('all or nothing, with the list of what is in the way; a dry run shows it', async () => {
    const asked = await wish();
    const dry = await scene.api.post('/real-trainings/series', { ...asked, dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, conflicts: [] } });
    const [first] = dry.body.occasions as [Json];
    await scene.training({ trainer_id: asked.trainer_id, starts_at: first.starts_at });
    const conflicts = [{ training_date: first.training_date, what: 'trainer', id: asked.trainer_id }];
    expect((await scene.api.post('/real-trainings/series', { ...asked, dry_run: true })).body).toMatchObject({ conflicts });
    expect(await scene.api.post('/real-trainings/series', asked)).toMatchObject({ status: 409, body: { conflicts } });
    expect([await count('real_trainings'), await count('training_series')]).toEqual([1, 0]);
  });

  test('this and all following are called off together, and taken back together', async () => {
    const student = await scene.make.student();
    const { body } = await scene.api.post('/real-trainings/series', await wish({ student_ids: [student] }));
    await scene.timePasses();
    const [, second] = body.trainings as [Json, Json];
    const path = `/real-trainings/series/${body.series_id}/cancel`;
    const cancelled = await scene.api.post(path, { from: second.training_date, reason: 'the trainer leaves' });
    expect(cancelled.body.cancelled).toEqual(body.trainings.slice(1).map(({ id }: Json) => id));
    const states = async () =>
      (await scene.trainings(body.trainings.map(({ id }: Json) => id))).map(({ status, registered }) => [status, registered]);
    expect(await states()).toEqual([['scheduled', 1], ...Array(3).fill(['cancelled', 0])]);
    expect((await scene.api.post(cancelled.body.undo.href)).status).toBe(200);
    expect(await states()).toEqual(Array(4).fill(['scheduled', 1]));
    expect(await scene.audit()).toEqual([]);
    expect((await scene.api.post('/real-trainings/series/2000000000/cancel', { from: dayIn(1), reason: 'x' })).status).toBe(404);
  });

  test.each([
    ['weekdays twice', { weekdays: [1, 1] }],
    ['no weekday', { weekdays: [] }],
    ['an eighth weekday', { weekdays: [8] }],
    ['a past day', { from: dayIn(-1) }],
    ['an end before the start', { until: dayIn(0) }],
    ['more than a year', { until: dayIn(400) }],
    ['more than 200', { weekdays: [1, 2, 3, 4, 5, 6, 7], until: dayIn(360) }],
    [
      'no such day in it',
      { weekdays: [1, 2, 3, 4, 5, 6, 7].filter((day) => day !== (new Date(dayIn(1)).getUTCDay() || 7)), until: dayIn(1) },
    ],
  ])('%s is refused', async (_, wrong) => {
    expect((await scene.api.post('/real-trainings/series', await wish(wrong))).status).toBe(422);
  });
});
