import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { clearAlert, muteAlert, raiseAlert, type Trouble } from '../../sql/alerts/alerts.ts';
import { acknowledgeAlert } from '../../sql/alerts/list.ts';
import { sql } from '../../sql/database/database.ts';
import { checkChannels } from '../../workers/notifier/alarms/checks.ts';
import { sendLetters } from '../../workers/notifier/alarms/letters.ts';
import { lettersFor } from '../../workers/notifier/alarms/policy.ts';
import { type AlarmSettings, addressesOf } from '../../workers/notifier/alarms/ways.ts';
import { type AlarmStudio, alarmStudio } from './alarm-studio.ts';

let studio: AlarmStudio;
beforeAll(async () => {
  studio = await alarmStudio();
});
beforeEach(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  await studio.begin();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => studio.close());

describe('which ways an alarm takes', () => {
  const ways = { telegramArrives: true, emails: ['a'], phones: ['+1'] };
  const failed = (channel: 'email' | 'sms', step: 'raised' | 'unanswered' = 'raised') => ({
    step,
    channel,
    sent: false,
    failed: true,
  });
  const calm = { is_unanswered: false, letters: [] };
  const late = { is_unanswered: true, letters: [] };
  test.each([
    ['a warning: Telegram alone', { template: 'backup_unverified', ...calm }, {}, []],
    ['an error: e-mail as well', { template: 'backup_missing', ...calm }, {}, ['raised email']],
    ['critical: SMS as well', { template: 'worker_down', ...calm }, {}, ['raised email', 'raised sms']],
    [
      'a warning while Telegram is away',
      { template: 'backup_unverified', ...calm },
      { telegramArrives: false },
      ['raised email'],
    ],
    [
      'a warning while neither Telegram nor e-mail works',
      { template: 'backup_unverified', is_unanswered: false, letters: [failed('email')] },
      { telegramArrives: false },
      ['raised email', 'raised sms'],
    ],
    ['an error where nobody has e-mail', { template: 'backup_missing', ...calm }, { emails: [] }, ['raised sms']],
    [
      'an error whose e-mail failed',
      { template: 'backup_missing', is_unanswered: false, letters: [failed('email')] },
      {},
      ['raised email', 'raised sms'],
    ],
    [
      'an error one of whose e-mails arrived',
      { template: 'backup_missing', is_unanswered: false, letters: [{ ...failed('email'), sent: true }] },
      {},
      ['raised email'],
    ],
    ['a warning nobody answers', { template: 'backup_unverified', ...late }, {}, ['unanswered email']],
    [
      'an error nobody answers',
      { template: 'backup_missing', ...late },
      {},
      ['raised email', 'unanswered email', 'unanswered sms'],
    ],
    ['nowhere to go', { template: 'worker_down', ...late }, { emails: [], phones: [] }, []],
  ] as const)('%s', (_, alarm, other, expected) => {
    const wanted = lettersFor({ ...alarm, letters: [...alarm.letters] }, { ...ways, ...other });
    expect(wanted.map(({ step, channel }) => `${step} ${channel}`)).toEqual(expected);
  });
});

const START = Date.now();
const at = (seconds: number) => new Date(START + seconds * 1_000);
const troubles = {
  warning: { fingerprint: 'backup_unverified', template: 'backup_unverified', params: { verified_at: null, error: null } },
  error: { fingerprint: 'backup_missing', template: 'backup_missing', params: { finished_at: null, error: null } },
  critical: { fingerprint: 'worker_down:finance', template: 'worker_down', params: { worker: 'finance', seconds: 60 } },
} satisfies Record<string, Trouble>;
const raise = (trouble: Trouble, seconds = 0) => raiseAlert(studio.db, [1001], trouble, at(seconds));
const clear = (trouble: Trouble, seconds: number) => clearAlert(studio.db, [1001], trouble.fingerprint, at(seconds));
const send = async (seconds: number, settings = studio.settings()) =>
  sendLetters({ db: studio.db, settings }, await addressesOf(studio.db, settings), at(seconds));
const counts = () => [studio.smtp.letters.length, studio.sms.asked.length];

test('as bad as it is, to owners and admins, once; its end once by the same ways', async () => {
  for (const trouble of Object.values(troubles)) await raise(trouble);
  await send(1);
  await send(2);
  // Two have an address: the owner's e-mail and phone, the admin's e-mail.
  expect(counts()).toEqual([4, 1]);
  expect(studio.smtp.letters.map(({ to }) => to).sort()).toEqual([
    'admin@x.example',
    'admin@x.example',
    'owner@x.example',
    'owner@x.example',
  ]);
  expect(studio.smtp.letters[0]?.text).toContain('There is no fresh backup');
  expect(studio.smtp.letters[0]?.text).toContain('/acknowledge');
  for (const trouble of Object.values(troubles)) await clear(trouble, 60);
  await send(61);
  expect(counts()).toEqual([8, 1]);
  expect(studio.smtp.letters.at(-1)?.text).toContain('Over');
  await send(3_602);
  await send(3_603);
  expect(counts()).toEqual([8, 2]);
});

test.each([
  ['after 899 s nobody is asked again', 899, [2, 0]],
  ['after 900 s it goes one way further', 900, [4, 1]],
])('%s', async (_, seconds, expected) => {
  await raise(troubles.error);
  await send(1);
  await send(seconds);
  expect(counts()).toEqual(expected);
  await send(seconds);
  expect(counts()).toEqual(expected);
});

test('an alarm that somebody has taken note of, or muted, goes no further', async () => {
  await raise(troubles.error);
  await raise(troubles.warning);
  await send(1);
  await acknowledgeAlert(studio.db, { fingerprint: 'backup_missing' }, 'somebody', at(10));
  await muteAlert(studio.db, 'backup_unverified', 3_600, at(10));
  await send(1_000);
  expect(counts()).toEqual([2, 0]);
});

test('the same condition by SMS once an hour, and its end with the next hour', async () => {
  for (const seconds of [0, 1_000, 3_700]) {
    await raise(troubles.critical, seconds);
    await send(seconds);
    await clear(troubles.critical, seconds + 10);
    await send(seconds + 10);
  }
  expect(studio.sms.asked).toHaveLength(2);
  await send(7_301);
  expect(studio.sms.asked).toHaveLength(3);
  expect(studio.sms.asked.at(-1)?.body).toContain('Over');
});

test('ten short messages a day', async () => {
  for (let n = 0; n < 12; n += 1) await raise({ ...troubles.critical, fingerprint: `worker_down:${n}` }, n);
  await send(20);
  expect(studio.sms.asked).toHaveLength(10);
  for (let n = 0; n < 12; n += 1) await acknowledgeAlert(studio.db, { fingerprint: `worker_down:${n}` }, 'somebody', at(30));
  await send(86_421);
  expect(studio.sms.asked).toHaveLength(10);
});

test('a mail server that refuses passes the alarm on to SMS', async () => {
  studio.smtp.said.refuses = true;
  await raise(troubles.error);
  await send(1);
  await send(2);
  expect(counts()).toEqual([0, 1]);
});

test('one that is away is tried for a while first', async () => {
  const settings = { ...studio.settings(), mail: { url: 'smtp://127.0.0.1:1', from: 'Studio <hello@x.example>' } };
  await raise(troubles.error);
  await send(1, settings);
  expect(counts()).toEqual([0, 0]);
  for (const seconds of [10, 25, 45, 46]) await send(seconds, settings);
  expect(counts()).toEqual([0, 1]);
});

test('an alarm that Telegram has not taken for a minute goes by e-mail', async () => {
  await raise(troubles.warning);
  await send(1);
  expect(counts()).toEqual([0, 0]);
  await studio.db.query(sql.unsafe`update notifications set created_at = now() - interval '61 s'`);
  await send(61);
  expect(counts()).toEqual([2, 0]);
});

test('settings say who is told, and who is not', async () => {
  const settings = { ...studio.settings(), alertEmails: ['night@x.example'], alertPhones: ['+79990000009'] };
  await raise(troubles.critical);
  await send(1, settings);
  expect(studio.smtp.letters.map(({ to }) => to)).toEqual(['night@x.example']);
  expect(studio.sms.asked[0]?.body).toContain('+79990000009');
});

test('several senders at once send a letter once', async () => {
  await raise(troubles.critical);
  await Promise.all([send(1), send(1), send(1)]);
  await send(2);
  expect(counts()).toEqual([2, 1]);
});

const open = () =>
  studio.db.anyFirst(sql.type(z.object({ fingerprint: z.string() }))`
    select fingerprint from alerts where recovered_at is null order by fingerprint`);

test('a channel that fails three checks in a row is an alarm; its first answer ends it', async () => {
  const away = { ...studio.settings(), mail: { url: 'smtp://127.0.0.1:1', from: 'Studio <hello@x.example>' } };
  const check = (settings: AlarmSettings, seconds: number) => checkChannels({ db: studio.db, settings }, at(seconds));
  await check(away, 0);
  await check(away, 60);
  await check(studio.settings(), 120);
  await check(away, 180);
  await check(away, 240);
  expect(await open()).toEqual([]);
  await check(away, 300);
  await check(away, 360);
  expect(await open()).toEqual(['channel_down:email']);
  await check(studio.settings(), 420);
  expect(await open()).toEqual([]);
  const templates = await studio.db.anyFirst(
    sql.type(z.object({ template: z.string() }))`select template from notifications order by id`,
  );
  expect(templates).toEqual(['channel_down', 'alert_over']);
});
