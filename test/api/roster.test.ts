import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { monday } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let template: number;
let students: number[];
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
  template = await make.template({
    type: await make.type({ places: 2 }),
    trainer: await make.trainer(),
    day: 3,
    room: await make.room(),
  });
  students = [await make.student(), await make.student(), await make.student()];
});
afterAll(() => api.close());
const links = () => `/api/training-templates/${template}/students`;

test('a standing place is given, frozen, moved, thawed and ended', async () => {
  const [first, second, third] = students as [number, number, number];
  const { status, body: link } = await api.post(links(), { student_id: first, start_date: '2026-09-01' });
  expect(status).toBe(201);
  expect(link).toMatchObject({ training_template_id: template, student_id: first, start_date: '2026-09-01', is_frozen: false });
  const today = new Intl.DateTimeFormat('sv', { timeZone: api.fleet.settings.zone }).format(new Date());
  expect((await api.post(links(), { student_id: second, is_frozen: true })).body).toMatchObject({
    start_date: today,
    is_frozen: true,
  });
  await api.post(links(), { student_id: third });

  expect((await api.patch(`${links()}/${first}`, { is_frozen: true })).body).toEqual({ ...link, is_frozen: true });
  expect((await api.patch(`${links()}/${first}`, { start_date: '2026-10-01' })).body).toEqual({
    ...link,
    is_frozen: true,
    start_date: '2026-10-01',
  });
  expect((await api.patch(`${links()}/${first}`, { is_frozen: false })).body.is_frozen).toBe(false);

  const pages = [await api.get(`${links()}?limit=2`)];
  pages.push(await api.get(`${links()}?limit=2&cursor=${pages[0]?.body.next_cursor}`));
  expect(pages.map(({ body }) => body.items.map((item: Json) => item.student_id))).toEqual([[first, second], [third]]);
  expect(pages[1]?.body.next_cursor).toBeNull();

  expect((await api.ask('DELETE', `${links()}/${third}`)).status).toBe(204);
  expect((await api.ask('DELETE', `${links()}/${third}`)).status).toBe(404);
  expect((await api.get(links())).body.items).toHaveLength(2);
});

const refused: [string, string, () => string, Json, number, Json][] = [
  [
    'linked twice',
    'POST',
    links,
    () => ({ student_id: students[0] }),
    409,
    { detail: 'the student has a standing place in this training template already' },
  ],
  [
    'an unknown student',
    'POST',
    links,
    { student_id: 999 },
    422,
    { errors: [{ path: 'student_id', message: 'there is no student 999' }] },
  ],
  [
    'an empty change',
    'PATCH',
    () => `${links()}/${students[0]}`,
    {},
    422,
    { errors: [{ message: 'at least one of start_date, is_frozen' }] },
  ],
  [
    'null',
    'PATCH',
    () => `${links()}/${students[0]}`,
    { is_frozen: null },
    422,
    { errors: [{ path: 'is_frozen', message: 'true or false' }] },
  ],
  [
    'nobody linked',
    'PATCH',
    () => `${links()}/999`,
    { is_frozen: true },
    404,
    { detail: expect.stringContaining('student 999 is not linked') },
  ],
];
test.each(refused)('%s is refused', async (_, method, path, body, status, says) => {
  const given = typeof body === 'function' ? body() : body;
  expect(await api.ask(method, path(), { body: given })).toMatchObject({ status, body: says });
});

describe('trainings', () => {
  const WEEK = monday();
  const [WEDNESDAY, THURSDAY, SUNDAY] = [addDays(WEEK, 2), addDays(WEEK, 3), addDays(WEEK, 6)];
  beforeAll(async () => {
    for (const day of [1, 1, 5])
      await make.template({ type: await make.type(), trainer: await make.trainer(), day, time: '09:00' });
    await api.startWorker();
    expect(
      (await api.post('/real-trainings/generate-next-week', { week_start: WEEK }, { headers: { Prefer: 'wait=20' } })).status,
    ).toBe(200);
  });

  test('are listed by day in pages, each once, within the days asked for', async () => {
    const all = (await api.get(`/real-trainings?from=${WEEK}&to=${SUNDAY}`)).body.items;
    const dates = all.map((item: Json) => item.training_date);
    expect(dates).toEqual([...dates].sort());
    expect(all.length).toBeGreaterThan(1);
    const seen: Json[] = [];
    let cursor = '';
    while (seen.length < all.length) {
      const { body } = await api.get(`/real-trainings?from=${WEEK}&to=${SUNDAY}&limit=1${cursor}`);
      expect(body.items).toHaveLength(1);
      seen.push(...body.items);
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(all);
    expect((await api.get(`/real-trainings?from=${WEDNESDAY}&to=${WEDNESDAY}`)).body.items).toMatchObject([
      { training_template_id: template },
    ]);
    expect((await api.get(`/real-trainings?from=${THURSDAY}&to=${THURSDAY}`)).body.items).toEqual([]);
    const { trainer_id } = all[0];
    const theirs = (await api.get(`/real-trainings?from=${WEEK}&to=${SUNDAY}&trainer_id=${trainer_id}`)).body.items;
    expect(theirs).toEqual(all.filter((item: Json) => item.trainer_id === trainer_id));
  });

  test('one training comes with its students', async () => {
    const [listed] = (await api.get(`/real-trainings?from=${WEDNESDAY}&to=${WEDNESDAY}`)).body.items;
    const { status, body } = await api.get(`/real-trainings/${listed.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...listed,
      training_date: WEDNESDAY,
      max_participants: 2,
      registered: 1,
      status: 'scheduled',
    });
    expect(body.students).toMatchObject([{ student_id: students[0], status: 'REGISTERED', attendance_marked_at: null }]);
  });
});
