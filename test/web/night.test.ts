import { afterAll, beforeAll, expect } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { beginBackup, describeBackups, noteBackupFailed } from '../../sql/backups/backups.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun, finishRun, saveProgress } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import type { Json } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';
import { type ConsoleWorld, consoleWorld, inBrowser, LOCALES, type Locale, tooWide, violations } from './browser.ts';

let world: ConsoleWorld;
let owner: TestPerson;
let poor: number;

/** Somebody with 100 in the wallet, who is charged 500 in the next night. */
beforeAll(async () => {
  if (!process.env.TEST_CHROMIUM) return;
  world = await consoleWorld();
  owner = await personOf(world.api, 'owner');
  const { db, fleet } = world.api;
  const make = studio(db);
  const night = dayOf(nextTicks('0 23 * * *', fleet.settings.zone, new Date(), 1)[0] as Date, fleet.settings.zone);
  const day = addDays(night, 1);
  poor = await make.student();
  await db.query(
    sql.unsafe`update users set first_name = 'Paul', last_name = 'Short', phone = '+79160000009' where id = ${poor}`,
  );
  await world.api.post(`/api/students/${poor}/payments`, { amount_minor: 10_000 });
  await db.query(sql.unsafe`
    with training as (
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${await make.type()}, ${await make.trainer()}, ${day}::date, '10:00', ${day}::date + time '10:00', ${day}::date + time '11:00', 10, 50000)
      returning id
    )
    insert into real_training_students (real_training_id, student_id, status) select id, ${poor}, 'REGISTERED' from training`);
});
afterAll(() => world?.close());

inBrowser('tonight names who is short before it happens, and leads to where it is mended', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night');
  const pay = page.getByRole('link', { name: 'Take a payment: Paul Short' });
  await pay.waitFor();
  await page.getByText('400.00 is missing', { exact: false }).first().waitFor();
  await page.getByRole('heading', { name: 'Next week' }).waitFor();
  await page.locator('.rows[role=status]').first().waitFor({ state: 'detached' });
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  const clients = await world.visit({ token: owner.token });
  await clients.goto('/console/clients?q=Short');
  await clients.getByRole('button', { name: /^Why\? Paul Short, / }).click();
  await clients.getByRole('dialog').getByText('Money came').first().waitFor();
  await page.getByRole('button', { name: 'Why? In the wallet, Paul Short' }).click();
  await page.getByRole('dialog').getByText('Money came').first().waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await pay.click();
  await page.getByRole('dialog').waitFor();
  expect(new URL(page.url()).pathname).toBe(`/console/people/${poor}`);
  expect(await page.getByRole('dialog').getByLabel('Amount').inputValue()).toBe('400');
  await page.getByRole('button', { name: /^Take .*400/ }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.goto('/console/night');
  await page.getByRole('heading', { name: 'Charges' }).waitFor();
  await pay.waitFor({ state: 'detached' });
  expect(world.complaints()).toEqual([]);
});

inBrowser(
  'a run says what it has done while it works, on its page and on the night’s, and its end is seen without a reload',
  async () => {
    const { db } = world.api;
    const day = dayOf(new Date(), world.api.fleet.settings.zone);
    const request = { process_type: 'finance', run_key: `finance:${day}`, process_date: day, params: { date: day } };
    const { run: asked } = await requestRun(db, { ...request, again: true });
    const run = await claimRun(db, asked.id, 'test');
    const page = await world.visit({ token: owner.token });
    const nights = await world.visit({ token: owner.token });
    await Promise.all([page.goto(`/console/night/${asked.id}`), nights.goto('/console/night?view=timetable')]);
    await page.getByText('running').first().waitFor();
    const line = nights.getByRole('link', { name: /^Charges/ });
    await line.waitFor();
    for (const invoices of [3, 1_200]) {
      await saveProgress(db, asked.id, {}, { sessions_deducted: 7, invoices_created: invoices });
      const words = `So far: Sessions taken: 7 · Invoices: ${invoices.toLocaleString('en')}`;
      await page.getByText(words).waitFor();
      await line.getByText(words).waitFor();
    }
    expect([await violations(page), await violations(nights), await tooWide(nights)]).toEqual([[], [], 0]);
    const counts = { sessions_deducted: 8, invoices_created: 1_300 };
    await finishRun(db, run?.id ?? 0, { status: 'success', result: null, details: {}, counts });
    await page.getByText('1,300', { exact: true }).waitFor();
    await page.getByText('done', { exact: true }).waitFor();
    expect(await page.getByText('So far').count()).toBe(0);
    await line.waitFor({ state: 'detached' });
  },
);

/** What the timetable offers to try, where it is asked for, and the lines of its answer, of which those of nought are left out. */
const TRIED: readonly [name: string, path: string, lines: (answer: Json) => Record<string, number>][] = [
  [
    'Weekly timetable',
    '/real-trainings/generate-next-week',
    ({ created_count, students_added, conflicts }) => ({
      'Trainings made': created_count,
      'Places given': students_added,
      'Trainings in conflict': conflicts.length,
    }),
  ],
  [
    'Tidying up',
    '/cron/cleanup',
    ({ subscriptions_expired, sessions_expired, bookings_completed, audit_findings, ...rest }) => ({
      'Subscriptions expired': subscriptions_expired,
      'Sessions expired': sessions_expired,
      'Visits closed as taken place': bookings_completed,
      'Old rows deleted': Object.entries<number>(rest).reduce((sum, [name, n]) => sum + (/_deleted$/.test(name) ? n : 0), 0),
      'Faults in the books': audit_findings,
    }),
  ],
  ['Daily figures', '/cron/stats', ({ days_written }) => ({ 'Days of figures written': days_written })],
];

inBrowser('a process is tried from the timetable: what it would do is said, and nothing of it is kept', async () => {
  const { db } = world.api;
  // Something that is old, and a wallet that is not the sum of its entries.
  await db.query(sql.unsafe`
    insert into notifications (dedupe_key, chat_id, template, status, sent_at, created_at)
    select 'old:' || n, 1, 'run_failed', 'sent', now() - interval '3 years', now() - interval '3 years' from generate_series(1, 2) n`);
  const wallet = (change: number) =>
    db.query(sql.unsafe`
      with off as (select set_config('session_replication_role', 'replica', true))
      update wallets set balance_minor = balance_minor + ${change} from off where user_id = ${poor}`);
  await wallet(1);
  const page = await world.visit({ token: owner.token });
  let asked = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.postData() === '{"dry_run":true}') asked += 1;
  });
  await page.goto('/console/night?view=timetable');
  for (const [name, path, linesOf] of TRIED) {
    const { body } = await world.api.post(path, { dry_run: true });
    const lines = Object.entries(linesOf(body)).filter(([, count]) => count > 0);
    expect(lines.length).toBeGreaterThan(0);
    asked = 0;
    await page.getByRole('button', { name: `Try it: ${name}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Nothing of it is kept', { exact: false }).waitFor();
    expect((await dialog.getByRole('listitem').allInnerTexts()).map((line) => line.replace(/\s+/g, ' '))).toEqual(
      lines.map(([words, count]) => `${words} ${count.toLocaleString('en')}`),
    );
    expect(await violations(page)).toEqual([]);
    // Whoever comes back to the window does not begin the night again.
    await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
    await page.evaluate("fetch('/me').then(({ status }) => status)");
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect([name, asked]).toEqual([name, 1]);
  }
  await wallet(-1);
  expect((await world.api.get('/process-history?process_type=generation')).body.items).toEqual([]);
});

inBrowser('a schedule is paused with a reason, which a reload does not lose, and resumed', async () => {
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night?view=timetable');
  await page.getByRole('button', { name: 'Pause: Renewals' }).click();
  await page.getByLabel('Reason').fill('prices change');
  await page.reload();
  await page.getByRole('button', { name: 'Pause: Renewals' }).click();
  expect(await page.getByLabel('Reason').inputValue()).toBe('prices change');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Pause', exact: true }).last().click();
  await page.getByText('prices change').first().waitFor();
  await page.getByRole('button', { name: 'Resume: Renewals' }).click();
  await page.getByRole('button', { name: 'Pause: Renewals' }).waitFor();
  const { items } = (await world.api.get('/schedule')).body;
  expect(items.find(({ name }: { name: string }) => name === 'renewal')).toMatchObject({ paused: false, paused_reason: null });
});

inBrowser('an alarm is taken note of by name, the books are audited on the spot, and a backup is asked for', async () => {
  const { db } = world.api;
  await db.query(sql.unsafe`
    insert into alerts (fingerprint, template, params, count, first_at, last_at, told_at, recovered_at) values
      ('disk_low:data', 'disk_low', '{"path": "/data"}', 3, now() - interval '1 hour', now(), now(), null),
      ('clock_skewed:one', 'clock_skewed', '{"host": "one"}', 1, now() - interval '3 hours', now() - interval '2 hours', now(), now() - interval '1 hour')`);
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night?view=alarms');
  await page.getByRole('button', { name: 'Got it: A disk is nearly full' }).waitFor();
  await page.getByRole('heading', { name: 'Over' }).waitFor();
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);
  await page.getByRole('button', { name: 'Got it: A disk is nearly full' }).click();
  await page
    .getByText(/^taken note of by Somebody \(owner\)/)
    .first()
    .waitFor();
  const { items } = (await world.api.get('/api/alerts?state=open')).body;
  expect(items).toMatchObject([{ template: 'disk_low', acknowledged_by: `person:${owner.id}` }]);

  await page.getByRole('button', { name: 'Audit now' }).click();
  await page
    .getByText(/^All square as of /)
    .first()
    .waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await db.query(sql.unsafe`
    with off as (select set_config('session_replication_role', 'replica', true))
    update wallets set balance_minor = 777 from off where user_id = ${poor}`);
  await page.getByRole('button', { name: 'Audit now' }).click();
  await page.getByText(`Wallet of user ${poor}: its balance is not the sum of its entries.`).first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Back up now' }).click();
  await page.getByRole('button', { name: 'Look', exact: true }).waitFor();
  const { items: asked } = (await world.api.get('/process-history?process_type=backup')).body;
  expect(asked).toMatchObject([{ status: 'queued', created_by: `person:${owner.id}` }]);
});

inBrowser('the last backup is shown in each language: whether it is complete, was tried by a restore, or failed', async () => {
  const { db } = world.api;
  await db.query(sql.unsafe`delete from backups`);
  const begin = (file: string) => beginBackup(db, 'base', file, new Date().toISOString());
  const complete = async (verified_at: string | null) => {
    const at = new Date().toISOString();
    const contents = { bytes: 1_000, sha256: 'a'.repeat(64), schema_version: 70, row_counts: { users: 2 } };
    await describeBackups(db, [
      { kind: 'base', file: 'nightly/1.tar.gz', started_at: at, finished_at: at, verified_at, ...contents },
    ]);
  };
  const none = { ru: /^Копий ещё нет$/, uk: /^Копій ще немає$/, en: /^There is no backup yet$/ };
  const states: [() => Promise<unknown>, Record<Locale, RegExp>][] = [
    [async () => undefined, none],
    // One that is being made is none yet.
    [() => begin('nightly/1.tar.gz'), none],
    [() => complete(null), { ru: /^Копия .+ \d\d:\d\d$/, uk: /^Копія .+ \d\d:\d\d$/, en: /^Backup .+ \d\d:\d\d$/ }],
    [
      () => complete(new Date().toISOString()),
      {
        ru: /^Копия .+, восстановление проверено$/,
        uk: /^Копія .+, відновлення перевірено$/,
        en: /^Backup .+, a restore was tried$/,
      },
    ],
    [
      async () => {
        await begin('nightly/2.tar.gz');
        await noteBackupFailed(db, 'nightly/2.tar.gz', 'the disk is full');
      },
      { ru: /^Копия .+ не удалась$/, uk: /^Копія .+ не вдалася$/, en: /^The backup of .+ failed$/ },
    ],
  ];
  const pages = await Promise.all(
    LOCALES.map(async (locale) => [locale, await world.visit({ token: owner.token, locale })] as const),
  );
  for (const [change, words] of states) {
    await change();
    for (const [locale, page] of pages) {
      await page.goto('/console/night');
      await page.locator('.v-chip').getByText(words[locale]).waitFor();
    }
  }
  expect(world.complaints()).toEqual([]);
});

/** A run of a process for so many days ago, over with this result. */
async function overRun(processType: string, daysAgo: number, result: object) {
  const { db, fleet } = world.api;
  const day = addDays(dayOf(new Date(), fleet.settings.zone), -daysAgo);
  const request = { process_type: processType, run_key: `${processType}:${day}`, process_date: day, params: { date: day } };
  const { run } = await requestRun(db, { ...request, again: true });
  await claimRun(db, run.id, 'test');
  await finishRun(db, run.id, { status: 'success', result, details: {}, counts: { trainings_processed: 1_000 + daysAgo } });
}

inBrowser('runs of a process are drawn, with the same as a table; one is run now; the last audit is said', async () => {
  for (const daysAgo of [3, 2, 1]) await overRun('stats', daysAgo, {});
  const page = await world.visit({ token: owner.token });
  await page.goto('/console/night?view=runs&process=stats');
  await page.getByRole('img', { name: 'How long it took, by run' }).waitFor();
  expect(await page.locator('svg rect').count()).toBe(3);
  await page.getByText('The same as a table').click();
  const rows = await page.locator('details tbody tr').allInnerTexts();
  expect(rows.map((row) => /1,00\d/.exec(row)?.[0])).toEqual(['1,003', '1,002', '1,001']);
  expect([await violations(page), await tooWide(page)]).toEqual([[], 0]);

  await page.goto('/console/night?view=timetable');
  await page.getByRole('button', { name: 'Run now: Daily figures' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('button', { name: 'Look', exact: true }).click();
  await page.getByRole('heading', { name: 'Daily figures' }).waitFor();
  const { items } = (await world.api.get('/process-history?process_type=stats&status=queued')).body;
  expect(items).toMatchObject([{ created_by: `person:${owner.id}` }]);

  await overRun('cleanup', 2, { audit_findings: 0 });
  await page.goto('/console/night');
  await page.getByText(/^Audited .*: all square$/).waitFor();
  await overRun('cleanup', 1, { audit_findings: 2 });
  await page.getByRole('link', { name: /^Audited .*: 2 things do not add up$/ }).click();
  await page.getByRole('heading', { name: 'Tidying up' }).waitFor();
});
