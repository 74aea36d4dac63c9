import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createKey, newSecret, prefixOf, revokeKey, rotateKey } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { emptyTables } from '../support/emptying.ts';
import { type CleanupNight, cleanupNight, only } from './night.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];
const DATE = '2026-06-15';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight({ TELEGRAM_ADMIN_CHAT_IDS: '1001,1002' });
});
beforeEach(() => emptyTables(night.db, 'api_keys', 'notifications'));
afterAll(() => night.close());

const keyUntil = async (name: string, ms: number | null) => {
  const secret = newSecret();
  await createKey(night.db, { name, secret, scopes: ['*'], expiresAt: ms === null ? undefined : new Date(Date.now() + ms) });
  return secret;
};
const clean = () => night.clean(DATE, only('expiring_keys'));
const notices = () =>
  night.db.any(sql.type(z.object({ chat_id: z.int(), name: z.string(), prefix: z.string() }))`
    select chat_id, params ->> 'name' as name, params ->> 'prefix' as prefix from notifications
    where template = 'key_expiring' order by 2, 1`);

test('the admins are notified of a key two weeks before its end, not earlier, and not after it', async () => {
  const soon = await keyUntil('soon', 14 * DAY - HOUR);
  await keyUntil('later', 14 * DAY + HOUR);
  await keyUntil('over', -HOUR);
  await keyUntil('never', null);
  await keyUntil('revoked', DAY);
  await revokeKey(night.db, 'revoked');
  await clean();
  const prefix = prefixOf(soon);
  expect(await notices()).toEqual([1001, 1002].map((chat_id) => ({ chat_id, name: 'soon', prefix })));
});

test('once for each end it has', async () => {
  await keyUntil('soon', DAY);
  await clean();
  await clean();
  expect(await notices()).toHaveLength(2);
  await rotateKey(night.db, { name: 'soon', secret: newSecret(), until: new Date(), expiresAt: new Date(Date.now() + 2 * DAY) });
  await clean();
  await clean();
  expect(await notices()).toHaveLength(4);
});

test.each([
  ['ru', 'Ключ till (sf_abcdefgh...) перестанет действовать: понедельник, 15 июня, 03:00.'],
  ['uk', 'Ключ till (sf_abcdefgh...) перестане діяти: понеділок, 15 червня, 03:00.'],
  ['en', 'The key till (sf_abcdefgh...) ends: Monday 15 June, 03:00.'],
] as const)('in %s', (locale, says) => {
  const params = { name: 'till', prefix: 'sf_abcdefgh', expires_at: '2026-06-15T00:00:00.000Z' };
  const studio = { locale, zone: 'Europe/Moscow', currency: 'RUB' } as const;
  const said = render({ template: 'key_expiring', params, locale }, studio).text;
  expect(said.split('\n')[0]).toBe(says);
  expect(said).toContain('npm run key -- rotate till');
});
