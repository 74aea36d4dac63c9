// Names in several spellings. cspell:disable
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readSearch } from '../../api/routes/search.ts';
import { sql } from '../../sql/database/database.ts';
import { phoneFrom } from '../../workers/sign-in/login.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const find = async (q: string) => (await api.get(`/api/search?q=${encodeURIComponent(q)}`)).body as Json;
const names = async (q: string) => (await find(q)).people.map((person: Json) => person.name);
const person = async (first_name: string, last_name: string, phone?: string) =>
  Number((await api.post('/api/clients', { first_name, last_name, phone })).body.id);

test('a name is found in every spelling', async () => {
  await person('Юлия', 'Щербакова');
  await person('Юрій', 'Ганжа');
  await person('Aleksandr', 'Khabibullin');
  await person('Семён', 'Хижняк');
  for (const q of ['Юлия', 'Юлія', 'yulia', 'Julia', 'Iuliia', 'щербак', 'Shcherbakova', 'scherbakova'])
    expect([q, await names(q)]).toEqual([q, ['Юлия Щербакова']]);
  for (const q of ['Юрий', 'Yuri', 'Yuriy', 'Yurii', 'Hanzha', 'Ganzha', 'ганжа юр'])
    expect([q, await names(q)]).toEqual([q, ['Юрій Ганжа']]);
  for (const q of ['Александр', 'Хабибуллин', 'habibulin', 'Alexandr'])
    expect([q, await names(q)]).toEqual([q, ['Aleksandr Khabibullin']]);
  for (const q of ['Semyon', 'Семен Хиж', 'khizh']) expect([q, await names(q)]).toEqual([q, ['Семён Хижняк']]);
  expect(await names('Никто')).toEqual([]);
});

test('a name that begins with what was typed comes before one that holds it, whoever would be first by the alphabet', async () => {
  await person('Анна', 'Полевая');
  await person('Лев', 'Яшин');
  await person('Борис', 'Левин');
  expect(await names('лев')).toEqual(['Борис Левин', 'Лев Яшин', 'Анна Полевая']);
});

test('a phone is found by its last digits, however it is typed; two digits are too few', async () => {
  await person('Пётр', 'Телефонов', '+79161234567');
  for (const q of ['4567', '123-45-67', '8 (916) 123-45-67', '+7 916 123 45 67'])
    expect([q, await names(q)]).toEqual([q, ['Пётр Телефонов']]);
  expect(await names('67')).toEqual([]);
});

test('trainings to come by their type or trainer', async () => {
  const make = salon(api.db);
  await api.db.query(
    sql.unsafe`insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Пилатес', 5, 0, 60)`,
  );
  const trainer = await make.specialist([]);
  const training = await make.training({ trainer, at: inHours(30) });
  await make.training({ trainer, at: inHours(-100) });
  expect((await find('pilates')).trainings.map(({ id }: Json) => id)).toEqual([training]);
});

test('invoices are found by whoever may read money, by a number or a payer', async () => {
  const payer = await person('Олег', 'Должников');
  const service = await salon(api.db).service({ price: 500 });
  const specialist = await salon(api.db).specialist([service]);
  const booked = await api.post('/bookings', {
    client_id: payer,
    service_id: service,
    specialist_id: specialist,
    starts_at: inHours(50),
  });
  const { id } = booked.body.invoice;
  for (const q of ['Dolzhnikov', `#${id}`])
    expect((await find(q)).invoices).toMatchObject([{ id, payer_id: payer, amount_minor: 500 }]);
  const key = await api.key('records:read');
  expect((await api.get('/api/search?q=Dolzhnikov', { key })).body).toMatchObject({ people: [{ id: payer }], invoices: [] });
});

test('a search decides by the characters typed what is looked for', () => {
  expect(readSearch('Анна  Мария')).toMatchObject({ words: ['Анна', 'Мария'], digits: null });
  expect(readSearch('#12')).toMatchObject({ words: [], digits: null, number: 12 });
  expect(readSearch('12')).toMatchObject({ digits: null, number: 12 });
  expect(readSearch('89161234567')).toMatchObject({ digits: '9161234567' });
  expect(readSearch("100% '; drop")).toMatchObject({ words: ['drop'] });
});

test.each([
  ['8 (912) 345-67-89', '+79123456789'],
  ['9123456789', '+79123456789'],
  ['79123456789', '+79123456789'],
  ['8 (812) 315-98-83', '+78123159883'],
  ['88005553535', '+78005553535'],
  ['050 123 45 67', '+380501234567'],
  ['+44 20 7946 0018', '+442079460018'],
  ['7.9E+10', null],
  ['12345', null],
])('the phone %s is %s', (typed, number) => {
  expect(phoneFrom(typed)).toBe(number);
});

test('one phone in two spellings is one person’s', async () => {
  const first = await api.post('/api/clients', { first_name: 'Анна', phone: '8 (912) 000-11-22' });
  expect(first.body.phone).toBe('+79120001122');
  expect((await api.post('/api/clients', { first_name: 'Мария', phone: '+7 912 000 11 22' })).status).toBe(409);
  expect((await api.get('/api/clients?phone=89120001122')).body.items.map(({ id }: Json) => id)).toEqual([first.body.id]);
});
