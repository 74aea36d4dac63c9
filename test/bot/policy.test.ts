import { describe, expect, test } from '@jest/globals';
import { NetworkError, TelegramApiError } from 'node-telegram-bot-api';
import { waitAfter } from '../../api/telegram/intake.ts';
import { languageOf, mayCommand } from '../../api/telegram/sender.ts';
import { refusal } from '../../api/telegram/start.ts';
import { daysIn } from '../../api/telegram/view-commands.ts';
import type { TelegramLink } from '../../sql/bot/links.ts';
import type { TelegramPerson } from '../../sql/bot/people.ts';

const person = (commands: boolean, locale: TelegramPerson['locale'] = null): TelegramPerson => ({
  id: 7,
  first_name: 'Анна',
  last_name: '',
  locale,
  commands,
  roles: commands ? ['admin'] : [],
  children: [],
  refills: false,
});

describe('admins’ chats and linked people may command', () => {
  test.each([
    ['a private chat from the settings', { id: 1001, isPrivate: true }, null, true],
    ['a group from the settings', { id: -1002, isPrivate: false }, null, true],
    ['the private chat of an admin who may command', { id: 5, isPrivate: true }, person(true), true],
    ['another group with that admin in it', { id: -5, isPrivate: false }, person(true), false],
    ['a client', { id: 5, isPrivate: true }, person(false), false],
    ['a stranger', { id: 5, isPrivate: true }, null, false],
    ['a private chat whose id is a group of the settings without its sign', { id: 1002, isPrivate: true }, null, false],
  ])('%s', (_who, chat, known, may) => {
    expect(mayCommand(chat, { telegramId: 5, person: known }, { chatIds: [1001, -1002], userIds: [] })).toBe(may);
  });

  test.each([
    ['one who is named, in the group', -1002, 7, null, true],
    ['another member of the group', -1002, 8, null, false],
    ['a client in the group', -1002, 8, person(false), false],
    ['an admin who may command, in the group', -1002, 8, person(true), true],
    ['one who is named, in another group', -1003, 7, null, false],
  ])('where people are named: %s', (_who, id, telegramId, known, may) => {
    expect(mayCommand({ id, isPrivate: false }, { telegramId, person: known }, { chatIds: [-1002], userIds: [7] })).toBe(may);
  });

  test('where people are named, a private chat from the settings is named by that', () => {
    expect(mayCommand({ id: 9, isPrivate: true }, { telegramId: 9, person: null }, { chatIds: [9], userIds: [7] })).toBe(true);
  });

  test('without settings, a chat id of zero is nobody', () => {
    expect(mayCommand({ id: 0, isPrivate: true }, { telegramId: 0, person: null }, { chatIds: [], userIds: [] })).toBe(false);
  });
});

test.each([
  [person(true, 'uk'), 'en', 'uk'],
  [person(true), 'en', 'en'],
  [null, 'en-GB', 'en'],
  [null, 'uk', 'uk'],
  [null, 'de', 'ru'],
  [null, undefined, 'ru'],
] as const)('%j with a Telegram in %s is spoken to in %s', (known, code, expected) => {
  expect(languageOf(known, code, 'ru')).toBe(expected);
});

test.each([
  ['', 7],
  ['7d', 7],
  ['1d', 1],
  ['30', 30],
  ['4W', 28],
  ['92d', 92],
  ['93d', null],
  ['14w', null],
  ['0d', null],
  ['-1d', null],
  ['7 d', 7],
  ['week', null],
  ['1e3', null],
  ['7d 8d', null],
])('/history %s is %s days', (args, days) => {
  expect(daysIn(args)).toBe(days);
});

describe('a personal link', () => {
  const link: TelegramLink = {
    id: 1,
    user_id: 7,
    first_name: 'Анна',
    locale: null,
    is_active: true,
    telegram_id: null,
    is_admin: false,
    expired: false,
    revoked: false,
    used_by: null,
  };
  test.each([
    ['is unknown', null, 'bot.start.unknown'],
    ['is good', {}, null],
    ['is good for one who has another Telegram', { telegram_id: 600 }, null],
    ['is of one who left', { is_active: false }, 'bot.start.unknown'],
    ['has expired', { expired: true }, 'bot.start.expired'],
    ['was replaced', { revoked: true }, 'bot.start.expired'],
    ['was used by another', { used_by: 600, telegram_id: 600 }, 'bot.start.used'],
    ['was used by the same', { used_by: 500, telegram_id: 500 }, 'bot.start.already'],
    ['was used by the same, long ago', { used_by: 500, telegram_id: 500, expired: true }, 'bot.start.already'],
    ['was used by the same, who is connected elsewhere now', { used_by: 500, telegram_id: 600 }, 'bot.start.used'],
  ] as const)('%s', (_case, fields, said) => {
    expect(refusal(fields && { ...link, ...fields }, 500)).toBe(said);
  });
});

describe('after a poll that failed', () => {
  const conflict = new TelegramApiError(409, 'Conflict: terminated by other getUpdates request');
  test.each([
    [new NetworkError('away'), 1, 1],
    [new NetworkError('away'), 4, 8],
    [new NetworkError('away'), 50, 60],
    [conflict, 1, 8],
    [conflict, 9, 60],
    [new TelegramApiError(429, 'Too Many Requests', { retry_after: 17 }), 1, 17],
    [new TelegramApiError(429, 'Too Many Requests', { retry_after: 3_601 }), 1, 3_600],
    [new TelegramApiError(429, 'Too Many Requests', { retry_after: 999_999_999 }), 1, 3_600],
    [new TelegramApiError(429, 'Too Many Requests', { retry_after: -5 }), 1, 1],
  ])('%s, the %i. time, the next comes in %i s', (error, misses, seconds) => {
    expect(waitAfter(error, misses)).toBe(seconds);
  });
});
