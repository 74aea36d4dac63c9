import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { pino } from 'pino';
import { log } from '../../queues/log/log.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { basic, type TestApi, testApi } from '../support/front-door.ts';

const TOKEN = '987654321:AAE-abcdefghijklmnopqrstuvwxyz01234';
const PASSWORD = 'p@ss-Word99';
const PHONE = '+79161234567';
const guess = newSecret();
let lines = '';
let api: TestApi;
beforeAll(async () => {
  // The process's own log with all its children, written here instead of to standard output.
  Object.defineProperty(log, pino.symbols.streamSym, { value: { write: (line: string) => (lines += line) } });
  log.level = 'trace';
  api = await testApi();
});
afterAll(() => api.close());

test('a night at the API leaves no key, token, password or phone number in the log', async () => {
  await api.startWorker(async () => {
    throw new UnrecoverableError(
      `no way to postgres://fleet:${PASSWORD}@db/fleet or api.telegram.org/bot${TOKEN}/getMe for ${PHONE}`,
    );
  });
  await api.get('/process-history', { key: guess });
  await api.get(`/process-history?key=${api.all}&phone=${encodeURIComponent(PHONE)}`);
  await api.get('/queues', { key: null, headers: basic(api.all) });
  await api.get('/queues', { key: null, headers: basic(guess) });
  await api.get('/docs', { key: null, headers: { ...basic(api.all), 'X-Request-Id': api.all } });
  await api.post('/api/students', { first_name: 'Иван', phone: PHONE, notes: TOKEN });
  const twice = await api.post(
    '/api/students',
    { first_name: 'Пётр', phone: PHONE },
    { headers: { 'Idempotency-Key': api.all } },
  );
  expect(twice.status).toBe(409);
  for (const path of [`/api/students/${PHONE}`, `/nowhere/${api.all}`, `/bot${TOKEN}/getMe`, `/x?url=redis://u:${PASSWORD}@h`])
    await api.get(path);
  await api.post('/api/students', undefined, { raw: `{"phone": "${PHONE}", ${TOKEN}` });
  const failed = await api.post(
    '/real-trainings/generate-next-week',
    {},
    { headers: { Prefer: 'wait=20', Cookie: `key=${api.all}` } },
  );
  expect(failed.status).toBe(500);
  log.error(
    { err: new Error(`duplicate ${PHONE}`, { cause: new Error(api.all) }), phone: PHONE, job: { token: TOKEN } },
    `see ${TOKEN}`,
  );
  log.warn({ url: `postgres://h/db?user=u&password=${PASSWORD}` });

  await eventually(() => lines.includes('"msg":"request failed"'));
  await eventually(() => lines.includes('"404":"GET /nowhere/'));
  expect(lines.split('\n').length).toBeGreaterThan(10);
  const secrets = {
    all: api.all,
    guess,
    TOKEN,
    PASSWORD,
    PHONE,
    digits: PHONE.slice(1),
    basic: Buffer.from(`anyone:${api.all}`).toString('base64'),
  };
  for (const [what, secret] of Object.entries(secrets))
    expect({ what, isLogged: lines.includes(secret) }).toEqual({ what, isLogged: false });
  expect(failed.text).not.toContain(PASSWORD);
});

test('a request is one line: who, what, how it went, and its id', async () => {
  lines = '';
  const { headers } = await api.get('/process-history?limit=1', { headers: { 'X-Request-Id': 'night-7' } });
  expect(headers.get('x-request-id')).toBe('night-7');
  await eventually(() => lines.endsWith('\n'));
  const told = lines.split('\n').filter((line) => line.includes('"path":"/process-history"'));
  expect(told.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 30,
      request_id: 'night-7',
      method: 'GET',
      path: '/process-history',
      status: 200,
      caller: 'key-1',
      address: '127.0.0.1',
      ms: expect.any(Number),
      msg: 'request',
    }),
  ]);
  expect(told.join()).not.toContain('is_cut_off');
});

test('refusals are counted and told in one line, however many; a long path is cut', async () => {
  lines = '';
  const long = `/${'x'.repeat(15_000)}`;
  const refused = [...Array(30)].map(() => api.get(long, { key: null }));
  const missing = [...Array(20)].map(() => api.get(long));
  const brought = [...Array(10)].map(() => api.post('/telegram/webhook', {}, { key: null }));
  expect((await Promise.all([...refused, ...missing, ...brought])).map(({ status }) => status).sort()).toEqual(
    [...Array(30).fill(401), ...Array(30).fill(404)].sort(),
  );
  const bad = await api.get(`${long}?limit=0`, { headers: { 'Idempotency-Key': 'x' } });
  expect(bad.text.length).toBeLessThan(700);
  await eventually(() => lines.includes('requests refused'));
  expect(JSON.parse(lines.trim().split('\n').at(-1) ?? '')).toMatchObject({
    by_status: { 401: 30, 404: 31 },
    by_asker: { '127.0.0.1': 40, '127.0.0.1 key-1': 21 },
    msg: 'requests refused',
  });
  expect(lines.length).toBeLessThan(2_000);
});

test('an answer that its caller did not wait for is logged as cut off', async () => {
  lines = '';
  const giveUp = new AbortController();
  const asking = fetch(`${api.url}/slots/stream?specialist_id=${await specialist()}`, {
    headers: { 'X-API-Key': api.all },
    signal: giveUp.signal,
  });
  await asking;
  giveUp.abort();
  await eventually(() => lines.includes('"path":"/slots/stream"'));
  const line = lines.split('\n').find((part) => part.includes('"path":"/slots/stream"'));
  expect(JSON.parse(line ?? '')).toMatchObject({ status: 200, is_cut_off: true, msg: 'request' });
});

const specialist = () => salon(api.db).specialist([]);
