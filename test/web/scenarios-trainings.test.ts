import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { instantOf, mondayOf } from '../../api/web/kit/zone.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { isOver } from '../../sql/runs/rows.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { chargeNight } from '../../workers/finance/charge-night.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { followChanges } from '../../workers/undo/follow.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';
import { type ConsoleWorld, consoleWorld, inBrowser } from './browser.ts';

/** Pixels of an hour on the board. */
const HOUR = 72;
let world: ConsoleWorld;
let telegram: FakeTelegram;
let owner: TestPerson;
let rows: ReturnType<typeof studio>;
let workers: { close(): Promise<void> }[] = [];
let draining: AbortController;
const zone = () => world.api.fleet.settings.zone;

const idsOf = (query: ReturnType<typeof sql.unsafe>) => world.api.db.anyFirst(query) as Promise<readonly number[]>;
/** Somebody's chat with the bot: as many as their id. */
const chatOf = (id: number) => 500_000 + id;
const reach = (ids: readonly number[]) =>
  world.api.db.query(sql.unsafe`update users set telegram_id = 500000 + id where id = any(${sql.array([...ids], 'int4')})`);
/** What the notifier does when its turn comes, whatever the hour. */
const send = () =>
  drainOutbox({ db: world.api.db, settings: { ...world.api.fleet.settings, quietHours: null } }, AbortSignal.timeout(60_000));
/** The ten seconds in which a change can be taken back are over. */
async function tenSeconds() {
  await world.api.db.query(sql.unsafe`update undos set until = clock_timestamp() where until > clock_timestamp()`);
  await world.api.db.query(
    sql.unsafe`update notifications set held_until = now(), send_after = now() where held_until > clock_timestamp()`,
  );
  await followChanges(world.api.db);
}
async function open(path: string, ready: string): Promise<Page> {
  const page = await world.visit({ token: owner.token, viewport: { width: 1400, height: 1300 } });
  await page.goto(path);
  await page.locator(ready).first().waitFor();
  return page;
}
/** One process of the night of a day, as of 23:00, asked for through its queue; over once its worker has ended it. */
async function byQueue(name: 'attendance' | 'finance', date: string) {
  const { db, fleet } = world.api;
  const request = {
    ...runs[name].request({ date }, date),
    process_type: name,
    scheduled_for: instantOf(`${date}T23:00:00`, zone()),
  };
  const { run } = await enqueueRun(db, fleet.backend, request);
  const over = await eventually(async () => {
    const row = await findRun(db, run.id);
    return row && isOver(row) ? row : null;
  }, 120);
  expect([over.process_type, over.status, over.job_id]).toEqual([name, 'success', expect.any(String)]);
}
/** Lines of the night's page of messages about a template. */
async function messages(template: string): Promise<string[]> {
  const page = await open('/console/night?view=messages', '.ruled');
  return page.locator('.ruled li').filter({ hasText: template }).allInnerTexts();
}

describe.each(backendKinds)('with queues in %s', (backend) => {
  beforeAll(async () => {
    if (!process.env.TEST_CHROMIUM) return;
    telegram = await fakeTelegram();
    world = await consoleWorld({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.apiRoot }, { backend });
    owner = await personOf(world.api, 'owner');
    rows = studio(world.api.db);
    draining = new AbortController();
    const { fleet } = world.api;
    const started = [
      startWorker(fleet, 'attendance', { runs: { attendance: markPresent } }, draining.signal),
      startWorker(fleet, 'finance', { runs: { finance: chargeNight }, drain: ({ db }) => followChanges(db) }, draining.signal),
    ];
    workers = started;
    await Promise.all(started.map((worker) => worker.waitUntilReady()));
  });
  afterAll(async () => {
    draining?.abort();
    await Promise.all(workers.map((worker) => worker.close()));
    await world?.close();
    await telegram?.close();
  });

  inBrowser(
    'a training is dragged to a new time, and everybody concerned gets the message once it cannot be taken back',
    async () => {
      const { api } = world;
      const students = await idsOf(sql.unsafe`
    select students.id from students join users using (id) where is_active order by payer_id = students.id, students.id limit 3`);
      const [trainer] = await idsOf(
        sql.unsafe`select id from specialists join users using (id) where is_active order by id limit 1`,
      );
      const payers = await idsOf(sql.unsafe`
    select distinct payer_id from students where id = any(${sql.array([...students], 'int4')})`);
      const concerned = [...new Set([...students, ...payers, trainer as number])];
      await reach(concerned);
      const day = addDays(mondayOf(dayOf(new Date(), zone())), 9);
      const { status, body } = await api.post('/real-trainings', {
        training_type_id: await rows.type(),
        trainer_id: trainer,
        starts_at: instantOf(`${day}T12:00:00`, zone()),
        student_ids: students,
      });
      expect({ status, detail: body?.detail }).toEqual({ status: 201, detail: undefined });
      await tenSeconds();
      await send();
      const before = new Map(concerned.map((id) => [id, telegram.delivered(chatOf(id)).length]));

      const page = await open(`/console/?date=${day}`, `[data-entry="training-${body.id}"]`);
      const box = await page.locator(`[data-entry="training-${body.id}"]`).boundingBox();
      if (!box) throw new Error('the training is not drawn');
      await page.mouse.move(box.x + 20, box.y + 6);
      await page.mouse.down();
      await page.mouse.move(box.x + 23, box.y + 12);
      await page.mouse.move(box.x + 20, box.y + 6 + HOUR, { steps: 4 });
      await page.locator('.ghost', { hasText: '13:00–14:00' }).waitFor();
      await page.mouse.up();
      await page.getByRole('dialog').getByText(`${concerned.length} people are told`, { exact: false }).waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Move', exact: true }).click();
      await page
        .getByText(/^Moved: /)
        .first()
        .waitFor();
      expect((await api.get(`/real-trainings/${body.id}`)).body.starts_at).toBe(instantOf(`${day}T13:00:00`, zone()));

      // As long as it can be taken back, nobody knows.
      await send();
      const news = () => concerned.map((id) => telegram.delivered(chatOf(id)).slice(before.get(id)));
      expect(news().flat()).toEqual([]);
      await tenSeconds();
      await send();
      expect(news()).toEqual(concerned.map(() => [expect.stringContaining('13:00')]));
      const lines = await messages('A training is moved');
      expect(lines).toHaveLength(concerned.length);
      for (const line of lines) expect(line).toContain('sent');
    },
  );

  inBrowser(
    'a client comes, the night marks the training as held and takes the session, and at the last one they are told',
    async () => {
      const { api } = world;
      const { db } = api;
      const client = await personOf(api, 'client');
      await db.query(sql.unsafe`update users set first_name = 'Grace', last_name = 'Rostov' where id = ${client.id}`);
      await reach([client.id]);
      const today = dayOf(new Date(), zone());
      await rows.subscription({ student: client.id, from: addDays(today, -10), to: addDays(today, 20), left: 2 });
      const [type, trainer] = [await rows.type(), await rows.trainer()];
      /** A training of an hour from an instant on, in which the client has a place. */
      async function trainingAt(startsAt: string): Promise<number> {
        const id = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${trainer}, ${dayOf(new Date(startsAt), zone())}::date, '10:00', ${startsAt}::timestamptz,
        ${startsAt}::timestamptz + interval '1 hour', 10, 50000) returning id`);
        await db.query(sql.unsafe`
      insert into real_training_students (real_training_id, student_id, status) values (${id}, ${client.id}, 'REGISTERED')`);
        return id;
      }
      const left = async () => (await api.get(`/api/students/${client.id}/subscriptions`)).body.items[0].sessions_left as number;
      async function aNight(date: string) {
        await byQueue('attendance', date);
        await byQueue('finance', date);
        await send();
      }
      const isHeld = async (id: number, date: string) => {
        const page = await open(`/console/day?date=${date}&training=${id}`, '.roster li');
        const row = page.locator('.completed', { has: page.locator('.roster') });
        await row.getByText('done', { exact: true }).waitFor();
        await row.getByRole('button', { name: 'Here', pressed: true }).waitFor();
      };

      const yesterday = addDays(today, -1);
      const first = await trainingAt(instantOf(`${yesterday}T10:00:00`, zone()));
      await aNight(yesterday);
      await isHeld(first, yesterday);
      expect([await left(), telegram.delivered(chatOf(client.id))]).toEqual([1, []]);

      const second = await trainingAt(new Date().toISOString());
      const desk = await open(`/console/day?training=${second}`, '.roster li');
      const { body: code } = await client.ask('POST', '/me/check-in-code', {});
      await desk.getByLabel('Check-in code').fill(code.digits);
      await desk.getByRole('button', { name: 'Check in' }).click();
      await desk.locator('.roster').getByRole('button', { name: 'Here', pressed: true }).waitFor();
      const tick = nextTicks('0 23 * * *', zone(), new Date(), 1)[0] as Date;
      await aNight(dayOf(tick, zone()));
      await isHeld(second, dayOf(new Date((await api.get(`/real-trainings/${second}`)).body.starts_at), zone()));
      expect(await left()).toBe(0);
      expect(telegram.delivered(chatOf(client.id))).toEqual([expect.stringContaining('продлите')]);
      const card = await open(`/console/people/${client.id}`, 'h1');
      await card.getByText('0 sessions left').first().waitFor();
      const lines = await messages('The last session of a subscription');
      expect(lines).toEqual([expect.stringContaining('Grace Rostov')]);
    },
  );
});
