import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, addYears, dayOf } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { operations } from '../../workers/cleanup/operations.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';
import { onServerIn } from '../support/server-zone.ts';
import { studio } from '../support/studio.ts';
import { type Cell, utf8, utf16, windows1251, xlsxFile } from './sheets.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const today = dayOf(new Date(), 'Europe/Moscow');
const [adult, child] = [addYears(today, -30), addYears(today, -9)];
const dots = (day: string) => day.split('-').reverse().join('.');
let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());
beforeEach(async () => {
  await emptyStudio(api.db);
  await emptyTables(api.db, 'imports', 'import_rows');
});

const send = (file: Uint8Array | string, query = '', kind = 'students', type = 'text/csv') =>
  api.ask('POST', `/api/imports/${kind}${query}`, { raw: file, headers: { 'Content-Type': type } });
const look = async (id: number, query = '') => (await api.get(`/api/imports/${id}?limit=200${query}`)).body as Json;
async function preview(file: Uint8Array | string, query = '') {
  const sent = await send(file, query);
  expect(sent.status).toBe(201);
  return look(sent.body.id);
}
const confirm = (id: number) => api.post(`/api/imports/${id}/confirm`);
async function importHere(file: Uint8Array | string, query = '') {
  const shown = await preview(file, query);
  const done = await confirm(shown.id);
  expect(done.status).toBe(200);
  return done.body as Json;
}
const imported = importHere;
const outcomes = ({ items }: Json) => items.map((row: Json) => row.outcome);
const codes = ({ items }: Json) => items.map((row: Json) => row.notes.map(({ code }: Json) => code));
const person = z.object({
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  birth_date: z.string().nullable(),
  payer: z.string().nullable(),
});
const people = () =>
  api.db.any(sql.type(person)`
    select users.first_name, users.last_name, users.phone, users.email, users.birth_date, payer.first_name as payer
    from users left join students using (id) left join users payer on payer.id = payer_id and payer.id <> students.id order by users.id`);

const PREVIEW = { 'public.imports': 0, 'public.import_rows': 0 };

/** Twenty files as people have them: bytes, what becomes of each row and why, and whom the studio knows afterwards. */
type Messy = { file: Uint8Array | string; query?: string; is: string[]; why?: string[][]; people?: Json[] };
const csv = (...lines: string[]) => `${lines.join('\r\n')}\r\n`;
const sheet = (...rows: Cell[][]) => xlsxFile(rows);
const messy: Record<string, Messy> = {
  'a mark of UTF-8, semicolons': {
    file: utf8(`\ufeff${csv('Фамилия;Имя;Телефон', 'Иванова;Анна;8 (912) 345-67-89')}`),
    is: ['new'],
    people: [{ first_name: 'Анна', last_name: 'Иванова', phone: '+79123456789' }],
  },
  'windows-1251, semicolons': {
    file: windows1251(csv('Фамилия;Имя;Телефон', 'Щёголев;Ёжик;9123456789')),
    is: ['new'],
    people: [{ first_name: 'Ёжик', last_name: 'Щёголев', phone: '+79123456789' }],
  },
  'UTF-16 with tabs, as Excel saves "Unicode text"': {
    file: utf16(csv("Прізвище\tІм'я\tТелефон", 'Шевченко\tОля\t0501234567')),
    is: ['new'],
    people: [{ first_name: 'Оля', last_name: 'Шевченко', phone: '+380501234567' }],
  },
  'commas within quotes, lines within notes, sep= above': {
    file: csv('sep=,', 'Name,Phone,Notes,Favourite colour', '"Ivanova, Anna",+7 912 345-67-89,"one\ntwo",red'),
    is: ['new'],
    people: [{ first_name: 'Ivanova,', last_name: 'Anna' }],
  },
  'five spellings of one phone': {
    file: csv(
      'ФИО;Телефон',
      'Иванова Анна;8 (912) 345-67-89',
      'Анна Иванова;9123456789',
      'ИВАНОВА АННА;79123456789',
      'Иванова  Анна;+7-912-345-67-89',
      'Иванова Анна Петровна;8 912 345 67 89, 8 495 123-45-67',
    ),
    is: ['new', 'same', 'same', 'same', 'same'],
    people: [{ first_name: 'Анна', last_name: 'Иванова', phone: '+79123456789' }],
  },
  'two of unknown age on one phone, then a blank one': {
    file: csv(
      'First name;Last name;Mobile;Email',
      'John;Smith;8 812 315-98-83;',
      'Sally;Smith;+7 (812) 3159883;s@x.org',
      'Tim;Gray;;t@x.org',
    ),
    is: ['new', 'new', 'new'],
    why: [['taken_for_adult'], ['family'], []],
    people: [
      { first_name: 'John', phone: '+78123159883', payer: null },
      { first_name: 'Sally', phone: null, payer: 'John' },
      { first_name: 'Tim', phone: null, payer: null },
    ],
  },
  'a mother and two children on one phone': {
    file: csv(
      'ФИО;Тел.;Д.р.',
      `Сын Петя;89123456789;${dots(child)}`,
      `Мама Ольга;89123456789;${dots(adult)}`,
      `Дочь Аня;89123456789;${dots(child)}`,
    ),
    is: ['new', 'new', 'new'],
    why: [['family'], [], ['family']],
    people: [
      { first_name: 'Петя', phone: null, payer: 'Ольга' },
      { first_name: 'Ольга', phone: '+79123456789', payer: null },
      { first_name: 'Аня', phone: null, payer: 'Ольга' },
    ],
  },
  'two adults on one phone': {
    file: csv('ФИО;Тел;Дата рождения', `Один Иван;89123456789;${dots(adult)}`, `Другой Пётр;89123456789;${dots(adult)}`),
    is: ['conflict', 'conflict'],
    why: [['two_adults'], ['two_adults']],
    people: [],
  },
  'children alone on one phone': {
    file: csv('ФИО;Тел;Дата рождения', `Один Иван;89123456789;${child}`, `Один Пётр;89123456789;${child}`),
    is: ['conflict', 'conflict'],
    why: [['no_adult'], ['no_adult']],
    people: [],
  },
  'phones that Excel has eaten': {
    file: csv('Имя;Телефон', 'Анна;7,9E+10', 'Борис;12345', 'Вера;88005553535'),
    is: ['error', 'error', 'new'],
    why: [['phone_lost'], ['phone'], []],
    people: [{ first_name: 'Вера', phone: '+78005553535' }],
  },
  'days before months, by one day above 12': {
    file: csv('Name;Phone;Registered', 'Anna B;9123456789;03/08/26', 'Boris C;9123456788;26/06/26'),
    is: ['new', 'new'],
  },
  'days or months, nobody can tell': {
    file: csv('Name;Phone;Date of birth', 'Anna B;9123456789;03/08/1990', 'Boris C;9123456788;05/06/1991'),
    is: ['error', 'error'],
    why: [['date_order'], ['date_order']],
    people: [],
  },
  'the same, and somebody has said': {
    file: csv('Name;Phone;Date of birth', 'Anna B;9123456789;03/08/1990'),
    query: '?date_order=mdy',
    is: ['new'],
    people: [{ birth_date: '1990-03-08' }],
  },
  'two digits of a year, days that never were, births to come': {
    file: csv(
      'Имя;Почта;Дата рождения',
      'Анна;a@x.org;01.02.49',
      'Борис;b@x.org;31.02.1990',
      `Вера;c@x.org;${dots(addDays(today, 1))}`,
    ),
    is: ['new', 'error', 'error'],
    why: [[], ['no_such_day'], ['not_born']],
    people: [{ first_name: 'Анна', birth_date: '1949-02-01' }],
  },
  'days before months and months before days in one column': {
    file: csv(
      'Name;Phone;Date of birth',
      'Anna B;9123456789;13/05/1990',
      'Boris C;9123456788;05/13/1990',
      'Vera D;9123456787;05.06.1991',
    ),
    is: ['error', 'error', 'new'],
    why: [['date_mixed'], ['date_mixed'], []],
    people: [{ first_name: 'Vera', birth_date: '1991-06-05' }],
  },
  'a workbook of two sheets: the first one': {
    file: xlsxFile(
      [
        ['Имя', 'Телефон'],
        ['Анна', '89123456789'],
      ],
      {
        second: [
          ['Имя', 'Телефон'],
          ['Борис', '89123456780'],
          ['Вера', '89123456781'],
        ],
      },
    ),
    is: ['new'],
    people: [{ first_name: 'Анна' }],
  },
  'Excel of 1900: serials with a format and without': {
    file: sheet(
      ['Имя', 'Телефон', 'Дата рождения'],
      ['Анна', 79123456789, { serial: 32874 }],
      ['Борис', '8 912 345-67-80', 32874],
    ),
    is: ['new', 'new'],
    people: [{ phone: '+79123456789', birth_date: '1990-01-01' }, { birth_date: '1990-01-01' }],
  },
  'Excel of 1904': {
    file: xlsxFile(
      [
        ['Имя', 'Телефон', 'Дата рождения'],
        ['Анна', 79123456789, { serial: 31412 }],
        ['Борис', 79123456780, 31412],
      ],
      { is1904: true },
    ),
    is: ['new', 'new'],
    people: [{ birth_date: '1990-01-01' }, { birth_date: '1990-01-01' }],
  },
  'a merged title above, a merged phone of a family, an empty row': {
    file: xlsxFile(
      [
        ['Список учеников 2026'],
        [],
        ['ФИО', 'Телефон', 'Дата рождения'],
        ['Мама Ольга', '89123456789', dots(adult)],
        ['Сын Петя', null, dots(child)],
      ],
      { merged: ['A1:C1', 'B4:B5'] },
    ),
    is: ['new', 'new'],
    why: [[], ['family']],
    people: [{ first_name: 'Ольга' }, { first_name: 'Петя', payer: 'Ольга', phone: null }],
  },
  'formulas as names: what they showed; a text that looks like one stays text': {
    file: sheet(
      ['Имя', 'Телефон'],
      [{ formula: 'CONCATENATE("Ан","на")', shows: 'Анна' }, '89123456789'],
      [{ formula: 'A1', shows: null }, '89123456780'],
      ['=HYPERLINK("http://x","y")', '89123456781'],
    ),
    is: ['new', 'error', 'new'],
    why: [[], ['no_name'], []],
    people: [{ first_name: 'Анна' }, { first_name: '=HYPERLINK("http://x","y")' }],
  },
  'a name alone, an e-mail without a host, a gender nobody has, invisible letters': {
    file: csv('Имя;Почта;Пол', 'Анна;;ж', 'Борис;b@;м', 'Вера;v@x.org;да', 'Г\u202eалина;g@x.org;ж'),
    is: ['error', 'error', 'error', 'error'],
    why: [['no_key'], ['email'], ['gender'], ['bad_text']],
    people: [],
  },
  'groups and subscriptions nobody has, sessions that are none': {
    file: csv(
      'Имя;Телефон;Группа;Абонемент;Осталось',
      'Анна;89123456789;Нет такой;;',
      'Борис;89123456780;;Нет такого;3',
      'Вера;89123456781;;;много',
      'Глеб;89123456782;;;4',
    ),
    is: ['error', 'error', 'error', 'error'],
    why: [['no_group'], ['no_subscription'], ['sessions'], ['subscription_missing']],
    people: [],
  },
  'three rows of one person add up; a fourth says something else': {
    file: csv(
      'Имя;Фамилия;Телефон;Почта;Пол',
      'Анна;Иванова;89123456789;;',
      'Анна;Иванова;89123456789;a@x.org;',
      'Иванова;Анна;;A@x.org;ж',
    ),
    is: ['new', 'change', 'change'],
    people: [{ first_name: 'Анна', email: 'a@x.org' }],
  },
};

describe.each(Object.entries(messy))('%s', (_what, { file, query = '', is, why, people: wanted }) => {
  test('each row has its outcome, and the words for it; writing it once more changes nothing', async () => {
    const before = await rowCounts(api.db);
    const shown = await preview(file, query);
    expect({ is: outcomes(shown), why: why ? codes(shown) : undefined }).toEqual({ is, why });
    for (const locale of ['ru', 'uk', 'en'])
      for (const { notes } of (await look(shown.id, `&locale=${locale}`)).items)
        for (const { text } of notes) expect(text).toMatch(locale === 'en' ? /[a-z]/ : /[а-яії]/i);
    const after = await rowCounts(api.db);
    expect({ ...after, ...PREVIEW }).toEqual({ ...before, ...PREVIEW });
    expect((await confirm(shown.id)).status).toBe(200);
    if (wanted) expect(await people()).toMatchObject(wanted);
    const written = await people();
    const again = await preview(file, query);
    expect(outcomes(again)).toEqual(is.map((outcome) => (/new|change/.test(outcome) ? 'same' : outcome)));
    expect((await confirm(again.id)).body.result).toEqual({
      people_created: 0,
      people_changed: 0,
      group_members_added: 0,
      subscriptions_added: 0,
    });
    expect(await people()).toEqual(written);
  });
});

const joined = () =>
  api.db.anyFirst(sql.unsafe`select registration_date from students join users using (id) order by first_name`);

describe.each(['America/New_York', 'Europe/Moscow', 'Pacific/Auckland'])('days of a server in %s', (zone) => {
  const imported = (file: Uint8Array | string) => onServerIn(zone, () => importHere(file));

  test.each<[string, number, boolean]>([
    ['1900', 45292, false],
    ['1904', 43830, true],
  ])('of Excel of %s %i is 1 January 2024', async (_epoch, serial, is1904) => {
    const head = ['Имя', 'Телефон', 'Дата регистрации'];
    await imported(xlsxFile([head, ['Анна', '89123456789', serial], ['Борис', '89123456780', { serial }]], { is1904 }));
    expect(await joined()).toEqual(['2024-01-01', '2024-01-01']);
  });

  test('03/08/26 beside 26/06/26 is 3 August', async () => {
    await imported(csv('Name;Phone;Registered', 'Anna B;9123456789;03/08/26', 'Boris C;9123456788;26/06/26'));
    expect(await joined()).toEqual(['2026-08-03', '2026-06-26']);
  });

  test('a birth on 01.02.49 was in 1949', async () => {
    await imported(csv('Имя;Почта;Дата рождения', 'Анна;a@x.org;01.02.49'));
    expect(await people()).toMatchObject([{ birth_date: '1949-02-01' }]);
  });
});

test('three rows of one person: all groups, and the e-mail that one of them has', async () => {
  const trainer = await make.trainer();
  await api.db.query(sql.unsafe`
    insert into groups (name, trainer_id) select name, ${trainer} from unnest(array['Дети', 'Взрослые', 'Сборы']) as name`);
  await imported(
    csv(
      'ФИО;Телефон;Почта;Группа',
      'Иванова Анна;89123456789;;Дети',
      'Иванова Анна;89123456789;a@x.org;Взрослые',
      'Иванова Анна;89123456789;;"Сборы, дети"',
    ),
  );
  const [anna] = (await people()).slice(1);
  expect(anna).toMatchObject({ first_name: 'Анна', email: 'a@x.org' });
  const groups = await api.db.anyFirst(sql.unsafe`
    select groups.name from group_members join groups on groups.id = group_id join users on users.id = student_id
    where users.first_name = 'Анна' order by groups.id`);
  expect(groups).toEqual(['Дети', 'Взрослые', 'Сборы']);
});

test('there are twenty of them at least', () => expect(Object.keys(messy).length).toBeGreaterThanOrEqual(20));

const eight = () =>
  api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8 занятий', 480000, 8, 30) returning id`);
const HEAD = 'ФИО;Телефон;Абонемент;Осталось;Действует до;Группа';
const held = () =>
  api.db.any(sql.type(z.object({ sessions_left: z.int().nullable(), start_date: z.string(), end_date: z.string() }))`
    select sessions_left, start_date, end_date from student_subscriptions order by id`);

test('subscriptions come with what is left, are billed to nobody, and the audit is square', async () => {
  await eight();
  await api.db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_months) values ('Безлимит', 900000, null, 1)`);
  const group = await make.trainer();
  await api.db.query(sql.unsafe`insert into groups (name, trainer_id) values ('Дети', ${group}), ('Взрослые', ${group})`);
  const end = addDays(today, 9);
  const file = csv(
    HEAD,
    `Иванова Анна;89123456789;8 занятий;5;${dots(end)};"Дети, взрослые"`,
    `Иванова Анна;89123456789;безлимит;;${dots(addDays(today, 20))};`,
    `Пётр Первый;89123456780;8 Занятий;;${dots(end)};`,
    `Катя Вторая;89123456781;8 занятий;2;${dots(addDays(today, -1))};`,
    `Лев Третий;89123456782;Безлимит;3;;`,
  );
  const shown = await preview(file);
  expect(outcomes(shown)).toEqual(['new', 'change', 'new', 'new', 'error']);
  expect(codes(shown).slice(3)).toEqual([['subscription_over'], ['unlimited_left']]);
  expect((await confirm(shown.id)).body.result).toEqual({
    people_created: 3,
    people_changed: 0,
    group_members_added: 2,
    subscriptions_added: 3,
  });
  expect(await held()).toMatchObject([
    { sessions_left: 5, start_date: addDays(end, -29), end_date: end },
    { sessions_left: null, end_date: addDays(today, 20) },
    { sessions_left: 8, end_date: end },
  ]);
  expect(await auditBooks(api.db, today)).toEqual([]);
  expect((await rowCounts(api.db))['public.invoices']).toBe(0);
  const again = await preview(file);
  expect(outcomes(again)).toEqual(['same', 'same', 'same', 'same', 'error']);
  await api.db.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason) select min(id), -1, 'adjustment' from student_subscriptions`);
  expect((await imported(file)).result.subscriptions_added).toBe(0);
  expect((await held())[0]).toMatchObject({ sessions_left: 4 });
});

test.each(['Номер абонемента', 'номер абонементу', 'Subscription number', 'ID абонемента'])(
  '"%s" is the number of a card, and whoever has one gets a subscription all the same',
  async (header) => {
    await eight();
    const file = csv(
      `ФИО;Телефон;Абонемент;${header}`,
      'Иванова Анна;89123456789;8 занятий;1042',
      'Пётр Первый;89123456780;8 занятий;А-17',
    );
    expect((await imported(file)).result).toMatchObject({ people_created: 2, subscriptions_added: 2 });
    expect(await held()).toHaveLength(2);
  },
);

test('a blank never overwrites, a difference only where it is asked for', async () => {
  await imported(csv('Имя;Фамилия;Телефон;Почта;Заметки', 'Анна;Иванова;89123456789;a@x.org;боится воды'));
  const other = csv('Имя;Фамилия;Телефон;Почта;Заметки', 'Анна;Иванова;89123456789;new@x.org;');
  const kept = await preview(other);
  expect(outcomes(kept)).toEqual(['same']);
  expect(kept.items[0].notes).toMatchObject([
    { code: 'kept', column: 'email', text: 'Останется «a@x.org», в файле «new@x.org»' },
  ]);
  await confirm(kept.id);
  expect(await people()).toMatchObject([{ email: 'a@x.org' }]);
  await imported(other, '?overwrite=true');
  expect(await people()).toMatchObject([{ email: 'new@x.org' }]);
  const { items } = (await api.get('/api/changes?record=person')).body;
  expect(items[0]).toMatchObject({ action: 'changed', before: { email: 'a@x.org' }, after: { email: 'new@x.org' } });
  expect(items[0].cause).toMatch(/^POST \/api\/imports\/\{id\}\/confirm /);
});

test('where it is unclear who a row is, somebody decides: one of those who are there, or somebody else', async () => {
  const [first, second, holder] = [await make.student(), await make.student(), await make.student()];
  await api.db.query(sql.unsafe`
    update users set first_name = 'Анна', last_name = 'Иванова', phone = '+79123456789' where id = ${first}`);
  await api.db.query(sql.unsafe`
    update users set first_name = 'Анна', last_name = 'Иванова', phone = null, email = 'a@x.org' where id = ${second}`);
  await api.db.query(sql.unsafe`
    update users set first_name = 'Мария', last_name = 'Петрова', phone = '+79123456780' where id = ${holder}`);
  const file = csv(
    'Фамилия;Имя;Телефон;Почта;Заметки',
    'Иванова;Анна;89123456789;a@x.org;правша',
    'Сидорова;Мария;89123456780;;левша',
    'Сидорова;Мария;89123456780;m@x.org;',
  );
  const unclear = await preview(file);
  expect(codes(unclear)).toEqual([['two_candidates', 'phone_taken'], ['phone_taken'], ['same_person', 'phone_taken']]);
  const asThem = await preview(file, `?decided=2:${second},3:${holder}`);
  expect(outcomes(asThem)).toEqual(['change', 'change', 'change']);
  expect(asThem.items.map((row: Json) => row.person_id)).toEqual([second, holder, holder]);
  // Whose phone it is stays: the other one has it.
  expect(codes(asThem)[0]).toContain('phone_left');
  const asOthers = await preview(file, '?decided=2:new,4:new');
  expect(outcomes(asOthers)).toEqual(['new', 'new', 'change']);
  expect((await confirm(asOthers.id)).body.result).toMatchObject({ people_created: 2, people_changed: 0 });
  const fresh = (await people()).slice(3);
  expect(fresh).toMatchObject([
    { first_name: 'Анна', phone: null, email: 'a@x.org' },
    { last_name: 'Сидорова', phone: null },
  ]);
  // What else was decided before is judged anew: it says what it would change now, or cannot be written.
  expect((await confirm(asThem.id)).status).toBe(200);
  expect((await api.get(`/api/students/${second}`)).body.notes).toBe('правша');
  expect((await api.get(`/api/students/${holder}`)).body).toMatchObject({ last_name: 'Петрова' });
  for (const query of ['?decided=9:new', '?decided=2', '?decided=2:x', '?decided=2:0'])
    expect(await send(file, query)).toMatchObject({ status: 422, body: { errors: [{ path: 'decided' }] } });
  expect(codes(await preview(file, '?decided=2:2147483,3:new'))[0]).toContain('no_such_id');
});

test('people are known by id, by e-mail or birth with the name, and never by the name alone', async () => {
  const ids = await Promise.all([make.student(), make.student(), make.student()]);
  const say = (id: number, fields: string) => api.patch(`/api/students/${id}`, JSON.parse(fields));
  await say(ids[0]!, '{"first_name":"Анна","last_name":"Иванова","phone":"+79120000001"}');
  await say(ids[1]!, '{"first_name":"Борис","last_name":"Белов","email":"b@x.org"}');
  await say(ids[2]!, '{"first_name":"Вера","last_name":"Ванина","birth_date":"1990-01-01"}');
  const shown = await preview(
    csv(
      'ID;Имя;Фамилия;Телефон;Почта;Дата рождения',
      `${ids[0]};Анна;Иванова;;;1991-01-01`,
      ';Борис;Белов;;B@X.org;1992-01-01',
      ';Вера;Ванина;;v@x.org;1990-01-01',
      ';Анна;Иванова;89129999999;;',
      '999999;Глеб;Голов;;;',
      ';Дина;Другая;89120000001;;',
    ),
  );
  expect(shown.items.map(({ outcome, person_id }: Json) => [outcome, person_id])).toEqual([
    ['change', ids[0]],
    ['change', ids[1]],
    ['change', ids[2]],
    ['new', null],
    ['error', null],
    ['conflict', null],
  ]);
  expect(codes(shown).slice(4)).toEqual([['no_such_id'], ['phone_taken']]);
});

test('two whom a row may mean are a conflict', async () => {
  const [one, other] = [await make.student(), await make.student()];
  await api.patch(`/api/students/${one}`, { first_name: 'Анна', last_name: 'Иванова', phone: '+79120000001' });
  await api.patch(`/api/students/${other}`, { first_name: 'Анна', last_name: 'Иванова', email: 'a@x.org' });
  const shown = await preview(csv('Имя;Фамилия;Телефон;Почта', 'Анна;Иванова;89120000001;a@x.org'));
  expect(outcomes(shown)).toEqual(['conflict']);
  expect(shown.items[0].notes[0].text).toBe(`Подходит больше одного человека: номера ${one}, ${other}`);
});

test('contacts of those who command are not changed by a file', async () => {
  const admin = await make.user('Анна', 'admin');
  await api.db.query(sql.unsafe`update users set email = 'a@x.org' where id = ${admin}`);
  expect(codes(await preview(csv('Имя;Фамилия;Почта;Телефон', 'Анна;Тестов;a@x.org;89120000001')))).toEqual([['commands']]);
});

test('a preview says what will be written of somebody known, and a confirmation whose each row is', async () => {
  await eight();
  const id = await make.student();
  await api.db.query(sql.unsafe`insert into groups (name, trainer_id) values ('Дети', ${await make.trainer()})`);
  await api.patch(`/api/students/${id}`, { first_name: 'Анна', last_name: 'Иванова', phone: '+79120000001', email: 'a@x.org' });
  const file = csv(
    'ФИО;Телефон;Почта;Примечание;Группа;Абонемент;Осталось',
    'Иванова Анна;89120000001;b@x.org;Новое;Дети;8 занятий;3',
    'Белов Борис;89120000002;;Новое;Дети;;',
    'Иванова Анна;1;c@x.org;;;;',
  );
  const shown = await preview(file, '?overwrite=true');
  expect(outcomes(shown)).toEqual(['change', 'new', 'error']);
  expect(codes(shown)).toEqual([['replaced', 'added', 'joins', 'holds'], [], ['phone']]);
  expect(shown.items[0].notes[0].text).toBe('Вместо «a@x.org» будет «b@x.org»');
  expect(codes(await preview(file))[0]).toEqual(['kept', 'added', 'joins', 'holds']);
  expect((await confirm(shown.id)).status).toBe(200);
  const rows = (await look(shown.id)).items;
  expect(rows.map(({ person_id }: Json) => person_id)).toEqual([id, expect.any(Number), null]);
  expect((await api.get(`/api/students/${rows[1].person_id}`)).body.phone).toBe('+79120000002');
});

describe('a confirmation', () => {
  const file = csv('Имя;Телефон;Почта', 'Анна;89120000001;', 'Борис;89120000002;b@x.org');
  test('is refused when the data has changed meanwhile, and nothing is written', async () => {
    await imported(csv('Имя;Телефон', 'Борис;89120000002'));
    const shown = await preview(file);
    await api.db.query(sql.unsafe`update users set email = 'other@x.org' where phone = '+79120000002'`);
    const refused = await confirm(shown.id);
    expect(refused).toMatchObject({ status: 409, body: { reason: 'changed' } });
    expect(await people()).toHaveLength(1);
  });
  test('is refused after 24 hours, and cleanup forgets the preview', async () => {
    const shown = await preview(file);
    await api.db.query(sql.unsafe`update imports set expires_at = now() - interval '1 second'`);
    expect(await confirm(shown.id)).toMatchObject({ status: 409, body: { reason: 'expired' } });
    expect(await people()).toEqual([]);
    const forget = operations.find(({ name }) => name === 'imports');
    if (!forget || !('batch' in forget)) throw new Error('there is no such operation');
    const gone = await api.db.transaction((transaction) => forget.batch(transaction, { now: new Date() } as never, null, 100));
    expect(gone.isLast).toBe(true);
    expect((await api.get(`/api/imports/${shown.id}`)).status).toBe(404);
    expect((await rowCounts(api.db))['public.import_rows']).toBe(0);
  });
  test('twice at once writes once, and both are answered the same', async () => {
    const shown = await preview(file);
    const [one, other] = await Promise.all([confirm(shown.id), confirm(shown.id)]);
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(one.body).toEqual(other.body);
    expect(await people()).toHaveLength(2);
  });
  test('of two previews of one file at once writes one', async () => {
    const [one, other] = [await preview(file), await preview(file)];
    const answers = await Promise.all([confirm(one.id), confirm(other.id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await people()).toHaveLength(2);
  });
  test.each<[string, (words: string) => Uint8Array]>([
    ['with a mark of UTF-8', (words) => utf8(`\ufeff${words}`)],
    ['of windows-1251', windows1251],
  ])('of a file %s whose row 7 breaks leaves nothing', async (_what, encoded) => {
    const lines = Array.from({ length: 8 }, (_, n) => `Иванов;Имя${n + 2};8912345678${n}`);
    const shown = await preview(encoded(csv('Фамилия;Имя;Телефон', ...lines)));
    expect(shown.columns).toEqual({ known: expect.arrayContaining(['first_name', 'last_name', 'phone']), unknown: [] });
    expect(shown.items[5]).toMatchObject({ row: 7, outcome: 'new', name: expect.stringContaining('Имя7') });
    await api.db.query(sql.unsafe`alter table users add constraint row_seven check (first_name <> 'Имя7')`);
    try {
      expect((await confirm(shown.id)).status).toBeGreaterThanOrEqual(400);
      expect(await people()).toEqual([]);
    } finally {
      await api.db.query(sql.unsafe`alter table users drop constraint row_seven`);
    }
    expect((await confirm(shown.id)).body.result).toMatchObject({ people_created: 8 });
  });
  test('that is killed midway leaves nothing, and can be done again', async () => {
    await eight();
    const shown = await preview(csv(HEAD, 'Анна Иванова;89123456789;8 занятий;5;;'));
    const release = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holding = api.db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`lock table student_subscriptions in exclusive mode`);
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const dying = confirm(shown.id);
    const waiting = sql.type(z.object({ pid: z.int() }))`
      select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%student_subscriptions%' and datname = current_database()`;
    let pid: number | null = null;
    while (pid === null) pid = await api.db.maybeOneFirst(waiting);
    await api.db.query(sql.unsafe`select pg_terminate_backend(${pid})`);
    release.resolve();
    await holding;
    expect((await dying).status).toBeGreaterThanOrEqual(500);
    expect(await people()).toEqual([]);
    expect((await look(shown.id)).confirmed_at).toBeNull();
    expect((await confirm(shown.id)).body.result).toMatchObject({ people_created: 1, subscriptions_added: 1 });
  });
});

describe('at the door', () => {
  test.each<[string, () => Uint8Array | string, string, number, RegExp]>([
    ['JSON', () => '{}', 'application/json', 415, /must be a file/],
    [
      'an old .xls',
      () => Uint8Array.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0]),
      'application/vnd.ms-excel',
      422,
      /save the .xls file as .xlsx/,
    ],
    ['a broken .xlsx', () => Uint8Array.from([0x50, 0x4b, 3, 4, 1, 2, 3]), XLSX, 422, /whole/],
    ['no headers', () => '1;2;3\r\n4;5;6\r\n', 'text/csv', 422, /a row of headers/],
    ['headers alone', () => 'Имя;Телефон\r\n', 'text/csv', 422, /rows beneath/],
    [
      '10,001 rows',
      () => csv('Имя;Телефон', ...Array.from({ length: 10_001 }, (_, n) => `Анна;8912${String(n).padStart(7, '0')}`)),
      'text/csv',
      422,
      /at most 10000 rows/,
    ],
    ['more than 10 MB', () => new Uint8Array(10 * 1_048_576 + 1).fill(65), 'text/csv', 413, /larger than 10 MB/],
  ])('%s is refused with words', async (_what, file, type, status, words) => {
    const answer = await send(file(), '', 'students', type);
    expect({ status: answer.status, said: JSON.stringify(answer.body) }).toEqual({ status, said: expect.stringMatching(words) });
  });
  test('10,000 rows are taken, and so are 10 MB', async () => {
    const rows = csv('Имя;Телефон', ...Array.from({ length: 10_000 }, (_, n) => `Анна;8912${String(n).padStart(7, '0')}`));
    expect(await send(rows)).toMatchObject({ status: 201, body: { counts: { new: 10_000 } } });
    const large = new Uint8Array(10 * 1_048_576).fill(65);
    large.set(utf8('Name;Phone;Notes\r\n'));
    for (let at = 90_000; at < large.length; at += 90_000) large.set(utf8('\r\n'), at);
    expect((await send(large)).status).toBe(201);
  });
  test('a file that unpacks to more than a studio’s lists is refused before it is unpacked', async () => {
    const bomb = xlsxFile([
      ['Имя', 'Телефон'],
      ['А'.repeat(80_000_000), '89123456789'],
    ]);
    expect(bomb.length).toBeLessThan(10 * 1_048_576);
    expect((await send(bomb, '', 'students', XLSX)).status).toBe(422);
  });
  test('unknown headers are listed', async () => {
    const { columns } = await preview(csv('Имя;Телефон;Любимый цвет', 'Анна;89123456789;красный'));
    expect(columns).toEqual({ known: ['first_name', 'phone'], unknown: ['Любимый цвет'] });
  });
  test('a key without the money scope is refused', async () => {
    const key = await api.key('records:write', 'records:read');
    const refused = await api.ask('POST', '/api/imports/students', {
      key,
      raw: 'Имя;Телефон\r\nАнна;89123456789',
      headers: { 'Content-Type': 'text/csv' },
    });
    expect(refused.status).toBe(403);
  });
  test('an Idempotency-Key answers the same preview; another file with it is refused', async () => {
    const ask = (raw: string) =>
      api.ask('POST', '/api/imports/students', { raw, headers: { 'Content-Type': 'text/csv', 'Idempotency-Key': 'one' } });
    const first = await ask('Имя;Телефон\r\nАнна;89123456789');
    expect((await ask('Имя;Телефон\r\nАнна;89123456789')).body.id).toBe(first.body.id);
    expect((await ask('Имя;Телефон\r\nБорис;89123456789')).status).toBe(422);
  });
});

describe('a week of trainings', () => {
  test('comes in by the names of its parts; what is there is the same, who is busy is a conflict', async () => {
    const trainer = await make.trainer();
    await api.db.query(sql.unsafe`update users set first_name = 'Пётр', last_name = 'Петров' where id = ${trainer}`);
    await api.db.query(sql.unsafe`insert into training_types (name, max_participants, duration_minutes) values ('Йога', 10, 60)`);
    await make.room();
    const file = csv(
      'День;Время;Тренировка;Тренер;Зал',
      'Пн;18:00;йога;Петров;',
      'среда;9.30;Йога;Пётр Петров;Комната',
      'Понедельник;18:30;Йога;Петров Петр;',
      'Чт;25:00;Бокс;Сидоров;Чердак',
    );
    const sent = await send(file, '', 'templates');
    const shown = await look(sent.body.id);
    expect(outcomes(shown)).toEqual(['new', 'new', 'conflict', 'error']);
    expect(codes(shown)).toEqual([[], [], ['trainer_busy'], ['time', 'no_type', 'no_trainer', 'no_room']]);
    expect((await confirm(shown.id)).body.result).toEqual({ templates_created: 2 });
    expect((await confirm(shown.id)).body.result).toEqual({ templates_created: 2 });
    const again = await look((await send(file, '', 'templates')).body.id);
    expect(outcomes(again)).toEqual(['same', 'same', 'conflict', 'error']);
    const week = (await api.get('/api/training-templates')).body.items;
    expect(week).toMatchObject([
      { day_number: 1, start_time: expect.stringMatching(/^18:00/), trainer_id: trainer },
      { day_number: 3, start_time: expect.stringMatching(/^09:30/), trainer_id: trainer },
    ]);
  });
});
