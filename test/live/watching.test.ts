import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { at, salon } from '../bookings/salon.ts';
import { backendKinds, redisUrl, testBackend } from '../support/backends.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { liveClient } from './client.ts';

const ZONE = 'Europe/Moscow';
const day = (n: number) => addDays(dayOf(new Date(), ZONE), n);

describe.each(backendKinds)('on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  let owner: Awaited<ReturnType<typeof personOf>>;
  let trainer: number;
  beforeAll(async () => {
    api = await testApi({
      backend: (url) => testBackend(kind, url),
      settings: kind === 'redis' ? { REDIS_URL: redisUrl() } : {},
    });
    make = salon(api.db);
    owner = await personOf(api, 'owner');
    trainer = await make.specialist([]);
    await make.type();
  });
  afterAll(() => api.close());

  const open = () => liveClient(api.url, { cookie: owner.cookie });

  test('a training that is made, moved to another day and cancelled is told as its days and itself', async () => {
    const page = await open();
    expect(await page.watch([`day:${day(3)}`, `day:${day(4)}`])).toEqual({ changed: [], upto: expect.any(Number), by: null });
    const training = await make.training({ trainer, at: at(3, '10:00') });
    const made = await page.news();
    expect(made).toMatchObject({ changed: [`day:${day(3)}`], by: null });
    await page.watch([`day:${day(3)}`, `day:${day(4)}`, `training:${training}`]);
    await api.db.query(sql.unsafe`update real_trainings set training_date = training_date + 1, starts_at = starts_at + interval '1 day',
      ends_at = ends_at + interval '1 day' where id = ${training}`);
    const moved = await page.news();
    expect(moved.changed.toSorted()).toEqual([`day:${day(3)}`, `day:${day(4)}`, `training:${training}`]);
    // It stays while some transaction of the server is open.
    expect(moved.upto).toBeGreaterThanOrEqual(made.upto);
    await page.close();
  });

  test('a booking is told as the days of the studio that it touches, and as its client', async () => {
    const service = await make.service();
    const [client, other] = [await make.client(), await make.client()];
    const specialist = await make.specialist([service]);
    const page = await open();
    await page.watch([day(5), day(6), day(7)].map((one) => `day:${one}`).concat(`client:${client}`, `client:${other}`));
    // 23:30 to 00:30 by the studio's clock, which is the evening before by UTC.
    await make.booking({ client, specialist, service, at: at(6, '23:30') });
    expect((await page.news()).changed.toSorted()).toEqual([`client:${client}`, `day:${day(6)}`, `day:${day(7)}`]);
    await page.close();
  });

  test('clients are not told which other client did it', async () => {
    const client = await personOf(api, 'client');
    const [page, own] = [await open(), await liveClient(api.url, { cookie: client.cookie })];
    for (const one of [page, own]) await one.watch([`day:${day(30)}`]);
    const by = (actor: string) =>
      api.db.query(sql.unsafe`insert into changes (topic, actor) values (${`day:${day(30)}`}, ${actor})`);
    await by('person:1');
    expect([(await page.news()).by, (await own.news()).by]).toEqual(['person:1', null]);
    await by(`person:${client.id}`);
    expect([(await page.news()).by, (await own.news()).by]).toEqual([`person:${client.id}`, `person:${client.id}`]);
    await Promise.all([page.close(), own.close()]);
  });

  test('the person who asks for a change by HTTP or over the socket is named', async () => {
    const page = await open();
    const client = await make.client();
    await page.watch([`client:${client}`]);
    const asked = await page.ask(`PATCH /api/clients/${client}`, { notes: 'Early bird' });
    expect(asked.status).toBe(200);
    expect(await page.news()).toMatchObject({ changed: [`client:${client}`], by: `person:${owner.id}` });
    await page.close();
  });

  test('the actor is told where the transaction names one', async () => {
    const page = await open();
    await page.watch(['tasks', 'runs']);
    await api.db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`select set_config('studio.actor', 'person:17', true)`);
      await transaction.query(sql.unsafe`insert into admin_tasks (kind, title) values ('note', 'A task')`);
    });
    expect(await page.news()).toMatchObject({ changed: ['tasks'], by: 'person:17' });
    await api.db.query(sql.unsafe`insert into admin_tasks (kind, title) values ('note', 'Another')`);
    expect(await page.news()).toMatchObject({ changed: ['tasks'], by: null });
    await page.close();
  });

  test('a client that comes back with the last upto is told what happened meanwhile', async () => {
    const page = await open();
    await make.training({ trainer, at: at(11, '10:00') });
    const { upto } = await page.watch([`day:${day(11)}`, `day:${day(12)}`]);
    await page.close();
    await make.training({ trainer, at: at(12, '10:00') });
    const again = await open();
    // While some transaction of the server is open, what was before may be told once more.
    expect(await again.watch([`day:${day(11)}`, `day:${day(12)}`], upto)).toMatchObject({
      changed: expect.arrayContaining([`day:${day(12)}`]),
    });
    await again.close();
  });

  test('a transaction that began first and commits last is not skipped, neither by who is there nor by who comes back', async () => {
    const [early, late] = [new pg.Client(api.database.url), new pg.Client(api.database.url)];
    await Promise.all([early.connect(), late.connect()]);
    const insert = (client: pg.Client, topic: string) => client.query('insert into changes (topic) values ($1)', [topic]);
    const [first, second] = [`day:${day(20)}`, `day:${day(21)}`];
    const page = await open();
    await page.watch([first, second]);
    await early.query('begin');
    await insert(early, first);
    await late.query('begin');
    await insert(late, second);
    await late.query('commit');
    const told = await page.news();
    expect(told).toMatchObject({ changed: [second] });
    const left = await open();
    const { upto } = await left.watch([first, second]);
    await left.close();
    await early.query('commit');
    expect(await page.news()).toMatchObject({ changed: [first] });
    for (const since of [told.upto, upto]) {
      const back = await open();
      expect((await back.watch([first, second], since)).changed).toContain(first);
      await back.close();
    }
    // Nothing is told twice to who stayed.
    expect(page.messages).toEqual([]);
    await page.close();
    await Promise.all([early.end(), late.end()]);
  });

  test('a change that is rolled back is not told', async () => {
    const client = new pg.Client(api.database.url);
    await client.connect();
    const page = await open();
    await page.watch([`day:${day(22)}`, 'tasks']);
    await client.query('begin');
    await client.query('insert into changes (topic) values ($1)', [`day:${day(22)}`]);
    await client.query('rollback');
    await client.query("insert into changes (topic) values ('tasks')");
    expect(await page.news()).toMatchObject({ changed: ['tasks'] });
    await client.end();
    await page.close();
  });

  test('a client that comes back too late, or from another database, is told that something was missed', async () => {
    const page = await open();
    const { upto } = await page.watch(['tasks']);
    await page.close();
    const again = await open();
    expect(await again.watch(['tasks'], upto + 1_000_000_000)).toMatchObject({ missed: true, upto: expect.any(Number) });
    expect(await again.watch(['tasks'], 0)).toMatchObject({ missed: true });
    expect(await again.watch(['tasks'], upto)).toMatchObject({ changed: expect.any(Array) });
    await again.close();
  });
});
