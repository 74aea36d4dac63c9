import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { embeddedUrl } from '../../sql/database/embedded.ts';
import { monday } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { ownFleet } from '../support/fleet.ts';

jest.setTimeout(600_000);

const WEBHOOK_SECRET = 'aX7_kQ2-mP9_rT4-vW6_zB1-cD3';
const environmentsOf = (pids: number[]) => pids.map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8')).join('\n');
const GENERATE = '/real-trainings/generate-next-week';
let fleet: Awaited<ReturnType<typeof ownFleet>>;
let firstStart: { code: number; stdout: string; stderr: string };

beforeAll(async () => {
  fleet = await ownFleet({
    TELEGRAM_WEBHOOK_URL: 'https://studio.example/telegram/webhook',
    TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
  });
  firstStart = await fleet.npm('start');
});
afterAll(() => fleet.end());

/** The runs so far, but for what the timetable happens to want meanwhile. */
const generations = async () => (await fleet.ask('GET', '/process-history?process_type=generation')).body.items;

const isReady = () =>
  fetch(`${fleet.url}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );

test('one command brings up the demo studio, its first generation and where to look', () => {
  expect(firstStart.stderr).toBe('');
  expect(firstStart.code).toBe(0);
  for (const line of [
    /Loaded the demo studio: 6 trainers, 27 weekly templates, 200 students/,
    /Успешно сгенерировано 26 тренировок/,
    new RegExp(`The fleet is up\\.\n +Console +${fleet.url}/console\n`),
    new RegExp(`API +${fleet.url}\n`),
    ...['owner', 'admin', 'trainer', 'guardian'].map((role) => new RegExp(`\n +${role} +${fleet.url}/\\S+`)),
    new RegExp(`Docs +${fleet.url}/docs`),
    new RegExp(`Bull Board +${fleet.url}/queues`),
    new RegExp(`Key +${fleet.key()}`),
    /generation +\w{3} \d/,
  ]) {
    expect(firstStart.stdout).toMatch(line);
  }
});

test('a second start is harmless', async () => {
  const before = await fleet.pids();
  const { code, stdout } = await fleet.npm('start');
  expect({ code, runs: /Everything runs already/.test(stdout) }).toEqual({ code: 0, runs: true });
  expect(await fleet.pids()).toEqual(before);
  // The key was shown when it was made; from then on it is said where it lies.
  expect(stdout).not.toContain(fleet.key());
  expect(stdout).toMatch(new RegExp(`Key +in ${join(fleet.dir, 'data', 'admin-key')} `));
  // The rest of this week, and the next one.
  expect(await generations()).toHaveLength(2);
});

test('a running fleet is backed up by a command, and not restored over', async () => {
  const made = await fleet.npm('backup');
  expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Backed up: (nightly|archive)\/\S+ in /) });
  expect(await fleet.npm('restore', ['latest'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'the fleet runs: "npm stop" stops it\n',
  });
});

test('every process works as a role that is no superuser, for its own user’s eyes only', async () => {
  const { role_password } = JSON.parse(readFileSync(join(fleet.dir, 'data', 'postgres.json'), 'utf8'));
  const client = new pg.Client({ connectionString: embeddedUrl(join(fleet.dir, 'data')) });
  await client.connect();
  const { rows } = await client.query(
    `select distinct usename, usesuper from pg_stat_activity join pg_user using (usename)
    where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await client.end();
  expect(rows).toEqual([{ usename: 'studio', usesuper: false }]);
  const known = (await fleet.pm2('jlist', '--silent')) + environmentsOf(Object.values(await fleet.pids()));
  for (const secret of [WEBHOOK_SECRET, role_password, 'TELEGRAM']) expect(known).not.toContain(secret);
  for (const folder of ['pm2', 'pm2/logs', 'data', 'data/settings', 'data/compiled'])
    expect({ folder, mode: statSync(join(fleet.dir, folder)).mode & 0o777 }).toEqual({ folder, mode: 0o700 });
  for (const folder of ['pm2/logs', 'data', 'data/settings']) {
    for (const entry of readdirSync(join(fleet.dir, folder), { withFileTypes: true }).filter((found) => found.isFile()))
      expect({ entry: entry.name, mode: statSync(join(fleet.dir, folder, entry.name)).mode & 0o777 }).toEqual({
        entry: entry.name,
        mode: 0o600,
      });
  }
});

test('a phone that is taken stands in no log', async () => {
  const client = { first_name: 'Розалинда', phone: '+79991234567' };
  expect((await fleet.ask('POST', '/api/clients', client)).status).toBe(201);
  expect((await fleet.ask('POST', '/api/clients', client)).status).toBe(409);
  await eventually(() => /duplicate key value violates unique constraint/.test(fleet.logs()));
  expect(fleet.logs()).not.toMatch(/79991234567|Розалинда/);
});

test('a conflict makes a run partial; once it is mended, a run succeeds and is replayed from then on', async () => {
  const [first] = await generations();
  expect(first?.status).toBe('partial');
  const [conflict] = (await fleet.ask('GET', `/process-history/${first?.id}`)).body.details.conflicts;
  expect(conflict?.reason).toBe('trainer_busy');
  await fleet.ask('PATCH', `/api/training-templates/${conflict?.training_template_id}`, { is_active: false });

  const asked = await fleet.ask('POST', GENERATE);
  expect(asked).toMatchObject({ status: 202, body: { process_type: 'generation', status: 'queued' } });
  await eventually(async () => (await fleet.ask('GET', asked.body.href)).body.status === 'success');
  const again = await fleet.ask('POST', GENERATE, undefined, { Prefer: 'wait=10' });
  expect(again.status).toBe(200);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('location')).toBe(asked.body.href);
});

test('the admins are notified what the night found, in the log while there is no bot', async () => {
  await eventually(() => /"template":"run_partial"/.test(fleet.logs()) || /admin notice/.test(fleet.logs()));
});

describe('when a process dies', () => {
  test.each(['generation', 'scheduler', 'notifier', 'api', 'postgres'])(
    'kill -9 of %s: it is back and the fleet works',
    async (name) => {
      const { [name]: pid } = await fleet.pids();
      process.kill(pid as number, 'SIGKILL');
      await eventually(async () => {
        const { [name]: next } = await fleet.pids();
        return next && next !== pid;
      });
      await eventually(isReady);
      const week = { generation: 1, scheduler: 2, notifier: 3, api: 4, postgres: 5 }[name] as number;
      const generate = () => fleet.ask('POST', GENERATE, { week_start: monday(week) }, { Prefer: 'wait=40' });
      let answer = await generate();
      // Readiness is as of a second ago: whoever asks a database that is not back yet is told so, and asks again.
      await eventually(async () => {
        if (answer.status === 503) answer = await generate();
        return answer.status !== 503;
      });
      const { status, body } = answer;
      expect({ status, created: body.created_count, detail: body.detail }).toEqual({ status: 200, created: 26 });
    },
  );
});

test('a reload under load refuses no request and loses no run', async () => {
  let isReloading = true;
  const answers: (number | string)[] = [];
  const asked: string[] = [];
  let week = 0;
  const client = async () => {
    while (isReloading) {
      week += 1;
      // Eight weeks, again and again: one caller may have twenty runs open (D44).
      const { status, body } = await fleet
        .ask('POST', GENERATE, { week_start: monday(6 + (week % 8)), again: true })
        .catch((error) => ({ status: String(error.cause ?? error), body: null }));
      // On a busy machine the queue may be silent for its two seconds: the run stands in the database then, and is enqueued.
      const isBusy = status === 503 && /^the queue does not answer; the run stands in the database/.test(body?.detail ?? '');
      answers.push(isBusy || status === 202 ? 202 : `${status} ${body?.detail}`);
      if (body?.href) asked.push(body.href);
      if (isBusy) asked.push(`/process-history/${body?.run_id}`);
      await new Promise((next) => setTimeout(next, 250));
    }
  };
  const load = Promise.all([client(), client()]);
  const { code, stdout } = await fleet.npm('reload');
  isReloading = false;
  await load;
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Reloaded /) });
  expect(new Set(answers)).toEqual(new Set([202]));
  for (const href of asked) await eventually(async () => (await fleet.ask('GET', href)).body.status === 'success');
});

test('the log holds no key, no password and no phone number', () => {
  const { password, role_password } = JSON.parse(readFileSync(join(fleet.dir, 'data', 'postgres.json'), 'utf8'));
  const logs = fleet.logs();
  expect(logs).toMatch(/"msg":"run ended"/);
  for (const secret of [fleet.key(), password, role_password, WEBHOOK_SECRET]) expect(logs).not.toContain(secret);
  expect(logs).not.toMatch(/\+7900\d{7}/);
});

test('a port that is taken is named, with one that is free', async () => {
  await fleet.npm('stop');
  const other = createServer().listen(fleet.port, '127.0.0.1');
  await once(other, 'listening');
  const { code, stderr } = await fleet.npm('start');
  other.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`port ${fleet.port} on 127.0.0.1 is taken by another program: set PORT \\(\\d+ is free\\)`));
});

test('a stopped fleet has forgotten nothing when it starts again', async () => {
  const { code, stdout } = await fleet.npm('start');
  expect({ code, demo: /Loaded the demo studio/.test(stdout) }).toEqual({ code: 0, demo: false });
  expect((await fleet.ask('GET', '/process-history?limit=200')).body.items.length).toBeGreaterThan(8);
  expect(await fleet.books()).toBe('');
});

test('two who stop it at once are in nobody’s way', async () => {
  const stops = await Promise.all([fleet.npm('stop'), fleet.npm('stop')]);
  expect(stops.map(({ code, stderr }) => ({ code, stderr }))).toEqual([1, 2].map(() => ({ code: 0, stderr: '' })));
  expect(await isReady()).toBe(false);
});

test('a bad setting stops the start with one line', async () => {
  const { code, stderr } = await fleet.npm('start', [], { STUDIO_TZ: 'Mars/Olympus' });
  expect({ code, stderr }).toEqual({
    code: 78,
    stderr: 'STUDIO_TZ: got "Mars/Olympus"; accepted: an IANA time zone such as Europe/Moscow\n',
  });
});
