import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { WebSocket } from 'ws';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { at, salon } from '../bookings/salon.ts';
import { median, ms, percentile, report, residentKb, timed, times } from './measure.ts';

const PEOPLE = 25;
const SOCKETS = 500;
const CHANGES = 40;
const ROUNDS = 5;

/** 500 sockets of one API process: how soon all of them hear of a change, what they cost, and what the triggers cost a night. */
export async function benchLive(url: string) {
  const db = await openDatabase(url, { max: 4 });
  const make = salon(db);
  const trainer = await make.specialist([]);
  await make.type();
  const day = addDays(dayOf(new Date(), 'Europe/Moscow'), 3);
  const training = await make.training({ trainer, at: at(3, '10:00') });
  const cookies: string[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const id = await make.user(`Admin ${n}`, 'admin');
    const visit = { agent: 'bench', address: '' };
    cookies.push(`sf_session=${(await openSession(db, { id, roles: ['admin'] }, 'password', visit, new Date())).token}`);
  }
  const port = await freePort();
  const env = { ...process.env, DATABASE_URL: url, REDIS_URL: '', PORT: String(port), LOG_LEVEL: 'error', API_KEYS: '' };
  const api = spawn(process.execPath, ['api/server.ts'], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(api, 'message');
  const idle = residentKb(api.pid);
  const heard: { told: number[] } = { told: [] };
  const sockets: WebSocket[] = [];
  const opening = await timed(async () => {
    for (let n = 0; n < SOCKETS; n += 50) {
      const lot = Array.from({ length: Math.min(50, SOCKETS - n) }, (_, k) =>
        watching(port, cookies[(n + k) % PEOPLE]!, day, heard),
      );
      sockets.push(...(await Promise.all(lot)));
    }
  });
  report(`${SOCKETS} sockets opened and watching`, ms(opening));
  const waits: number[] = [];
  for (let n = 0; n < CHANGES; n += 1) {
    heard.told = [];
    await db.query(sql.unsafe`update real_trainings set max_participants = ${n + 5} where id = ${training}`);
    const committed = performance.now();
    while (heard.told.length < SOCKETS) await new Promise((next) => setTimeout(next, 5));
    waits.push(...heard.told.map((instant) => instant - committed));
  }
  report('from commit to the page, p50', ms(median(waits)));
  report('from commit to the page, p99', ms(percentile(waits, 0.99)), 'at most 300 ms');
  report('from commit to the last page', ms(Math.max(...waits)));
  const before = cpuSeconds(api);
  await new Promise((next) => setTimeout(next, 10_000));
  report(`CPU with ${SOCKETS} sockets and nothing to tell`, `${((cpuSeconds(api) - before) * 10).toFixed(1)} %`);
  report('memory of a socket', `${Math.round((residentKb(api.pid) - idle) / SOCKETS)} kB`);
  const own = sockets.filter((_, n) => n % PEOPLE === 0);
  const closed = Promise.all(own.map((socket) => once(socket, 'close')));
  const ending = await timed(async () => {
    await db.query(sql.unsafe`delete from sessions where user_id = (select min(user_id) from sessions)`);
    await closed;
  });
  report(`from the end of a session to the close of its ${own.length} sockets`, ms(ending), 'at most 1,000 ms');
  for (const socket of sockets) socket.terminate();
  const ended = once(api, 'exit');
  api.kill('SIGINT');
  await ended;
  await triggers(url, make, trainer);
  await db.end();
}

/** A page that watches a day and notes when it is told. */
async function watching(port: number, cookie: string, day: string, heard: { told: number[] }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { Cookie: cookie } });
  await once(socket, 'open');
  socket.send(JSON.stringify({ watch: [`day:${day}`] }));
  await once(socket, 'message');
  socket.on('message', (data) => {
    if (JSON.parse(String(data)).changed?.length > 0) heard.told.push(performance.now());
  });
  return socket;
}

/** 40,000 registrations in one statement, with the triggers of changes and without, in turns. */
async function triggers(url: string, make: ReturnType<typeof salon>, trainer: number) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    with person as (insert into users (first_name, last_name) select 'S', n from generate_series(1, 4000) n returning id)
    insert into students (id) select id from person`);
  const trainings: number[] = [];
  for (let n = 0; n < 400; n += 1)
    trainings.push(
      await make.training({ trainer, at: at(30 + Math.floor(n / 20), `${String(3 + (n % 20)).padStart(2, '0')}:00`) }),
    );
  const insert = `
    insert into real_training_students (real_training_id, student_id)
    select training, student.id from unnest($1::int[]) with ordinality as given (training, n),
      lateral (select id, row_number() over (order by id) as place from students) student
    where student.place % 40 = given.n % 40`;
  const mark = `update real_training_students set status = 'PRESENT', attendance_marked_at = now()`;
  const took: Record<'with' | 'without', { insert: number[]; mark: number[] }> = {
    with: { insert: [], mark: [] },
    without: { insert: [], mark: [] },
  };
  for (let round = 0; round < ROUNDS * 2; round += 1) {
    const which = round % 2 === 0 ? 'with' : 'without';
    await client.query('begin');
    if (which === 'without') {
      await client.query('alter table real_training_students disable trigger changes_of_new_registrations');
      await client.query('alter table real_training_students disable trigger changes_of_registrations');
    }
    took[which].insert.push(await timed(() => client.query(insert, [trainings])));
    took[which].mark.push(await timed(() => client.query(mark)));
    await client.query('rollback');
  }
  await client.end();
  for (const what of ['insert', 'mark'] as const) {
    const name = what === 'insert' ? '40,000 registrations in one statement' : '40,000 marks in one statement';
    report(name, ms(median(took.without[what])));
    report('the same with the triggers of changes', times(median(took.with[what]) / median(took.without[what])), 'at most 1.1 x');
  }
}

const cpuSeconds = ({ pid }: ChildProcess) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
