import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { policy, type Rule } from '../../api/auth/policy.ts';
import { operationOf } from '../../api/http/route.ts';
import { routes } from '../../api/routes/all.ts';
import { type RowKind, tables } from '../../sql/auth/whose.ts';
import { sql } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { dayAt, today } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

/** Reads that never answer 2xx: they lead a browser to Telegram and back. */
const LEADS_AWAY = ['/auth/telegram', '/auth/telegram/callback'];
const reads = routes.filter(({ method, produces, path }) => method === 'get' && !produces && !LEADS_AWAY.includes(path));

let api: TestApi;
let owner: TestPerson;
let [service, another, student] = [0, 0, 0];
const idIn = (table: string) => api.db.oneFirst(sql.unsafe`select min(id) from ${sql.identifier([table])}`).then(Number);

/** What the demo studio has none of: a row of each kind, mostly made by the routes themselves. */
beforeAll(async () => {
  api = await testApi({ settings: { PUBLIC_URL: 'https://studio.example', RATE_LIMIT_PER_MINUTE: '100000' } });
  const { db } = api;
  await loadDemo(db, { today: today(), past: { zone: api.fleet.settings.zone, now: new Date() } });
  owner = await personOf(api, 'owner');
  const make = salon(db);
  [service, another] = [await make.service({ price: 1_000 }), await make.service({ price: 500 })];
  const specialist = await make.specialist([service, another]);
  student = Number(await db.oneFirst(sql.unsafe`select min(student_id) from real_training_students`));
  const training = await make.training({ trainer: specialist, at: inHours(30) });
  const belt = await idIn('belts');
  const made: [string, object][] = [
    ['/bookings', { client_id: student, service_id: service, specialist_id: specialist, starts_at: inHours(70) }],
    ['/api/groups', { name: 'Группа', trainer_id: specialist }],
    ['/api/calendar-days', { date: dayAt(inHours(500)), kind: 'off', name: 'Выходной' }],
    ['/api/calendar-overrides', { specialist_id: specialist, day: dayAt(inHours(600)), intervals: [] }],
    [
      '/api/service-packages',
      { name: 'Пакет', composition: [{ service_id: service, units: 3 }], price_minor: 2_000, validity_days: 30 },
    ],
    ['/api/client-discounts', { client_id: student, kind: 'percent', percent: 10 }],
    ['/api/specialist-absences', { specialist_id: specialist, from: inHours(300), to: inHours(302) }],
    [`/api/students/${student}/exams`, { belt_id: belt, exam_at: inHours(90), override_reason: 'гость' }],
    [`/real-trainings/${training}/cancel`, { reason: 'болезнь' }],
    ['/api/tasks', { title: 'Позвонить' }],
  ];
  for (const [path, body] of made) {
    const { status, body: answer } = await api.post(path, body);
    expect({ path, status, answer: status < 300 ? 'as wanted' : answer }).toMatchObject({ answer: 'as wanted' });
  }
  const raw = 'Имя;Телефон\nАнна;+79160000001\n';
  expect(await api.ask('POST', '/api/imports/students', { raw, headers: { 'Content-Type': 'text/csv' } })).toMatchObject({
    status: 201,
  });
  await db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, status, completed_at)
    values ('finance', ${`finance:${today()}`}, ${today()}::date, 'success', now())`);
  await db.query(sql.unsafe`
    insert into payment_orders (payer_id, amount_minor, currency, expires_at) values (${owner.id}, 100, 'RUB', now())`);
});
afterAll(() => api.close());

/** A row of the kind that a route names in its path: one that the policy knows, or the first of the list beside it. */
async function idFor({ path, rows }: { path: string; rows: Rule['rows'] }, name: string): Promise<unknown> {
  if (name === 'month') return '2026-03';
  if (name === 'day') return today();
  if (path === '/api/imports/{id}') return idIn('imports');
  const kind = rows?.[`params.${name}`] as RowKind | undefined;
  if (kind && ['student', 'family', 'client', 'payer'].includes(kind)) return student;
  if (kind) return idIn(tables[kind]);
  const { body } = await owner.ask('GET', path.slice(0, path.indexOf('/{')));
  return body.items[0][name] ?? body.items[0].id;
}

/** The path with ids of rows that are there. */
async function pathOf(path: string, rows: Rule['rows']): Promise<string> {
  if (path === '/api/price-history/{of}/{id}') return `/api/price-history/service/${service}`;
  if (path === '/real-trainings/{id}/students/{student_id}/terms')
    return String(
      await api.db.oneFirst(sql.unsafe`
        select format('/real-trainings/%s/students/%s/terms', real_training_id, student_id)
        from real_training_students order by id desc limit 1`),
    );
  let filled = path;
  for (const [part, name] of path.matchAll(/\{(\w+)\}/g))
    filled = filled.replace(part, String(await idFor({ path, rows }, String(name))));
  return filled;
}

/** What is asked along where a route cannot do without. */
const alongWith = (path: string): string => {
  const at = encodeURIComponent(inHours(100));
  const along: Record<string, string> = {
    '/slots': `service_id=${service}`,
    '/slots/visits': `parts=${service}.${another}`,
    '/slots/together': `service_id=${service}&people=2`,
    '/slots/fitting': `service_id=${service}&day=${dayAt(inHours(100))}`,
    '/slots/counts': `service_id=${service}`,
    '/api/clients/{id}/deal': `service_id=${service}&starts_at=${at}`,
    '/api/search': 'q=Ан',
    '/api/why': `of=balance&id=${student}`,
  };
  return along[path] ? `?${along[path]}` : '';
};

test.each(reads.map((route) => [route.path, route] as const))(
  'GET %s is answered with 2xx, as its schema says',
  async (_, route) => {
    const { rows } = policy[operationOf(route)] as Rule;
    const path = await pathOf(route.path, rows);
    const { status, body } = await owner.ask('GET', path + alongWith(route.path));
    expect({ path, status, refused: status < 300 ? undefined : body }).toEqual({ path, status: 200, refused: undefined });
  },
);
