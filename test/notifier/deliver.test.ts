import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'node-telegram-bot-api';
import { deliver, MOST_ATTEMPTS } from '../../workers/notifier/outbox/deliver.ts';
import { type Answer, type FakeTelegram, fakeTelegram } from '../support/telegram.ts';

let telegram: FakeTelegram;
beforeAll(async () => {
  telegram = await fakeTelegram();
});
afterAll(() => telegram.close());

const api = (options = {}) =>
  new Api(telegram.token, { apiRoot: telegram.apiRoot, maxRetries: 0, timeoutMs: 10_000, ...options });
const message = (attempts = 1) => ({ chat_id: 1001, text: 'Привіт\nпривет 🙂', attempts });
const flood = { outcome: 'later', flood: true, error: expect.stringContaining('Too Many Requests') };
const trouble = { outcome: 'later', flood: false, seconds: expect.any(Number) };

test('a message arrives as it was written', async () => {
  expect(await deliver(message(), api())).toEqual({ outcome: 'sent' });
  expect(telegram.delivered(1001)).toEqual([message().text]);
});

test.each<[string, Answer, object]>([
  ['400 is final', 400, { outcome: 'failed', error: expect.stringContaining('chat not found') }],
  ['a moved chat is named', { chatMovedTo: -100123 }, { outcome: 'moved', to: -100123 }],
  ['a chat that moved to a person is refused', { chatMovedTo: 5 }, { outcome: 'failed' }],
  ['an hour is believed', { retryAfter: 3_600 }, { outcome: 'later', seconds: 3_600, flood: true }],
  ['more than an hour is not', { retryAfter: 3_601 }, { outcome: 'later', seconds: 3_600, flood: true }],
  ['let alone years', { retryAfter: 999_999_999 }, { outcome: 'later', seconds: 3_600, flood: true }],
  ['403 is the person', 403, { outcome: 'undeliverable', error: expect.stringContaining('blocked') }],
  ['429 waits what it says', { retryAfter: 37 }, { ...flood, seconds: 37 }],
  ['500 waits', 500, trouble],
  ['a page of a proxy waits', { html: 502 }, trouble],
  ['a page of a portal waits', { html: 200 }, trouble],
  ['a dropped connection waits', 'drop', { ...trouble, error: expect.stringContaining('Network request failed') }],
])('%s', async (_, answer, outcome) => {
  telegram.answerNext(answer);
  expect(await deliver(message(), api())).toEqual({ error: expect.any(String), ...outcome });
});

test('a hung answer is a timeout and waits', async () => {
  telegram.answerNext('hang');
  expect(await deliver(message(), api({ timeoutMs: 50 }))).toMatchObject({
    ...trouble,
    error: expect.stringContaining('timed out'),
  });
});

test('the last attempt in transient trouble is final, a flood as well', async () => {
  for (const answer of [500, { retryAfter: 1 }] as const) {
    telegram.answerNext(answer, answer);
    expect(await deliver(message(MOST_ATTEMPTS - 1), api())).toMatchObject({ outcome: 'later' });
    expect(await deliver(message(MOST_ATTEMPTS), api())).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining(`${MOST_ATTEMPTS} attempts`),
    });
  }
});

test.each([
  [1, 1, 2],
  [2, 2, 4],
  [8, 128, 256],
  [9, 150, 300],
  [11, 150, 300],
])('attempt %i waits between %i and %i seconds', async (attempts, least, most) => {
  telegram.answerNext(500, 500, 500);
  for (let time = 0; time < 3; time += 1) {
    const { seconds } = (await deliver(message(attempts), api())) as { seconds: number };
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThanOrEqual(most);
  }
});

test('no answer and no outage shows the token', async () => {
  const bad = [api({ apiRoot: 'http://127.0.0.1:1' }), api({ apiRoot: 'http://no such host' })];
  for (const broken of bad) {
    const delivery = await deliver(message(), broken);
    expect(delivery).toMatchObject({ outcome: 'later' });
    expect(JSON.stringify(delivery)).not.toContain('fake-telegram');
  }
  const stranger = new Api('654321:a-token-nobody-knows-here', { apiRoot: telegram.apiRoot, maxRetries: 0 });
  const refused = await deliver(message(), stranger);
  expect(refused).toMatchObject({ outcome: 'later', error: expect.stringContaining('Unauthorized') });
  expect(JSON.stringify(refused)).not.toContain('a-token-nobody-knows');
});
