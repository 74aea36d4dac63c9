import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { noteProfile } from '../../sql/bot/links.ts';
import { sql } from '../../sql/database/database.ts';
import { openedInTelegram } from '../../workers/sign-in/register.ts';
import { at } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { formsOf, smallSite } from './salon-site.ts';

const BOT = 424_242;
let api: TestApi;
beforeAll(async () => {
  api = await testApi({ settings: { TELEGRAM_BOT_TOKEN: `${BOT}:abcdefghijklmnopqrstuvwxyz`, RATE_LIMIT_PER_MINUTE: '100000' } });
  await noteProfile(api.db, BOT, 'studio_bot');
});
afterAll(() => api.close());

test('a newcomer without e-mail books by the code that the bot says', async () => {
  const { service } = await smallSite(api);
  const { get, post, tokenOf } = formsOf(api);
  const form = tokenOf(await get(`/?service=${service}`));
  const held = await post('/hold', { form, service: String(service), start: at(3, '10:00') });
  const path = String(held.headers.get('location'));
  const typed = { first_name: 'Olga', phone: '+79165550001', consent: 'yes' };
  const asked = await post(path, { form, pay: 'later', ...typed });
  expect(asked.status).toBe(200);
  const href = /href="(https:\/\/t\.me\/studio_bot\?start=[\w-]+)"/.exec(asked.text)?.[1] ?? '';
  const start = new URL(href).searchParams.get('start') as string;
  const [, registration = ''] = /name="registration" value="([^"]+)"/.exec(asked.text) ?? [];
  const code = { form, ...typed, registration, by: 'telegram', href };
  const wrong = await post(`${path}/code`, { ...code, code: '000000' });
  expect([wrong.status, wrong.text.includes('value="+79165550001"')]).toEqual([422, true]);
  const opened = await api.db.transaction((db) => openedInTelegram(db, start, { id: 9_001, username: null }, new Date(), 'en'));
  const done = await post(`${path}/code`, { ...code, code: opened!.code });
  expect([done.status, done.headers.get('location')]).toEqual([303, path.replace('/book/', '/booked/')]);
  const row = z.object({ telegram_id: z.int(), starts_at: z.string(), status: z.string() });
  const made = await api.db.one(sql.type(row)`
    select telegram_id, starts_at, status from bookings join users on users.id = client_id where telegram_id = 9001`);
  expect(made).toEqual({ telegram_id: 9_001, starts_at: at(3, '10:00'), status: 'CONFIRMED' });
});
