import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../queues/process/given-settings.ts';
import { readSettings } from '../../queues/process/settings.ts';

const NOWHERE = '/nowhere/.env';
const read = (environment: Record<string, string>) => readSettings(environment, NOWHERE);
const envFile = (text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'settings-')), '.env');
  writeFileSync(file, text);
  return file;
};
const [SECRET, OTHER] = ['kV7-2mQx9_Lw4-tRz8Bn3-Yp', 'Jc5_8hWd1-Ge6_uXs9Fa2_Tm'];
const KEY = `desk:${SECRET}`;

test('without any, the defaults', () => {
  expect(read({})).toEqual({
    databaseUrl: undefined,
    migrateUrl: undefined,
    redisUrl: undefined,
    backupDir: resolve('.data/backups'),
    dataDir: resolve('.data'),
    port: 3000,
    pushLoopback: false,
    embedOrigins: [],
    host: '127.0.0.1',
    zone: 'Europe/Moscow',
    locale: 'ru',
    currency: 'RUB',
    bookingNoticeMinutes: 0,
    bookingHoldSeconds: 60,
    slotLock: 'on',
    apiKeys: [],
    telegramToken: undefined,
    telegramApiRoot: 'https://api.telegram.org',
    adminChatIds: [],
    adminUserIds: [],
    telegramPace: 1,
    quietHours: { from: '22:00', until: '08:00' },
    reminderHours: 2,
    missedThreshold: 2,
    missedWindowDays: 30,
    paymentTermDays: 7,
    vendingKeys: [],
    vendingApiRoot: 'https://api.vendista.ru:99',
    vendingCallMs: 1_100,
    logLevel: 'info',
    logMaxBytes: 10 * 2 ** 20,
    logKeep: 5,
    drainSeconds: 20,
    rateLimitPerMinute: 600,
    renewalGraceDays: 7,
    retentionDays: 400,
  });
  expect(Object.isFrozen(read({}))).toBe(true);
});

const good: [Record<string, string>, object][] = [
  [
    { STUDIO_TZ: 'America/New_York', STUDIO_LOCALE: 'uk', PORT: '65535' },
    { zone: 'America/New_York', locale: 'uk', port: 65535 },
  ],
  [{ RETENTION_DAYS: '30' }, { retentionDays: 30 }],
  [{ RETENTION_DAYS: '3650' }, { retentionDays: 3650 }],
  [{ RENEWAL_GRACE_DAYS: '0' }, { renewalGraceDays: 0 }],
  [{ RENEWAL_GRACE_DAYS: '90' }, { renewalGraceDays: 90 }],
  [
    { PAYMENTS_URL: 'https://pay.example/studio', PAYMENTS_SECRET: SECRET, PAYMENTS_WEBHOOK_SECRET: `${SECRET}w` },
    { payments: { url: 'https://pay.example/studio', secret: SECRET, webhookSecret: `${SECRET}w` } },
  ],
  [{ TELEGRAM_ADMIN_CHAT_IDS: '1001, -1002' }, { adminChatIds: [1001, -1002] }],
  [{ TELEGRAM_ADMIN_USER_IDS: '1001, 1002' }, { adminUserIds: [1001, 1002] }],
  [
    { TELEGRAM_WEBHOOK_URL: 'https://studio.example/telegram/webhook', TELEGRAM_WEBHOOK_SECRET: SECRET },
    { webhook: { url: 'https://studio.example/telegram/webhook', secret: SECRET } },
  ],
  [
    { TELEGRAM_OIDC_CLIENT_ID: '12345', TELEGRAM_OIDC_CLIENT_SECRET: 'secret-x' },
    { telegramOidc: { id: '12345', secret: 'secret-x', root: 'https://oauth.telegram.org' } },
  ],
  [
    { SMTP_URL: 'smtps://user:password@mail.example', MAIL_FROM: 'Studio <hello@studio.example>' },
    { mail: { url: 'smtps://user:password@mail.example', from: 'Studio <hello@studio.example>' } },
  ],
  [{ EMBED_ORIGINS: 'https://studio.example' }, { embedOrigins: ['https://studio.example'] }],
  [
    { EMBED_ORIGINS: ' https://studio.example, http://localhost:8080 ,' },
    { embedOrigins: ['https://studio.example', 'http://localhost:8080'] },
  ],
  [{ VENDING_API_ROOT: 'http://127.0.0.1:8080/' }, { vendingApiRoot: 'http://127.0.0.1:8080' }],
  [{ QUIET_HOURS: 'off' }, { quietHours: null }],
  [{ QUIET_HOURS: '13:30-15:05' }, { quietHours: { from: '13:30', until: '15:05' } }],
  [
    { API_KEYS: `${KEY}:history:read,run:generation; b_2:${OTHER}:*;` },
    {
      apiKeys: [
        { name: 'desk', secret: SECRET, scopes: ['history:read', 'run:generation'] },
        { name: 'b_2', secret: OTHER, scopes: ['*'] },
      ],
    },
  ],
  [
    { PORT: '', STUDIO_TZ: '', API_KEYS: '' },
    { port: 3000, zone: 'Europe/Moscow', apiKeys: [] },
  ],
  [{ PATH: '/bin', NODE_ENV: 'test', PM2_HOME: '/x' }, { port: 3000 }],
];
test.each(good)('%j is understood', (environment, expected) => {
  expect(read(environment)).toMatchObject(expected);
});

describe('a malformed setting is named in one line: the setting, what was given, what is accepted', () => {
  const bad: [string, string, string | RegExp][] = [
    ['PORT', '0', 'PORT: got "0"; accepted: a whole number from 1 to 65535'],
    ['PORT', '65536', 'PORT: got "65536"; accepted: a whole number from 1 to 65535'],
    ['PORT', '80a', 'PORT: got "80a"; accepted: a whole number from 1 to 65535'],
    ['DRAIN_SECONDS', '-1', 'DRAIN_SECONDS: got "-1"; accepted: a whole number from 1 to 3600'],
    ['RATE_LIMIT_PER_MINUTE', '1.5', 'RATE_LIMIT_PER_MINUTE: got "1.5"; accepted: a whole number from 1 to 1000000'],
    ['RETENTION_DAYS', '29', 'RETENTION_DAYS: got "29"; accepted: a whole number from 30 to 3650'],
    ['RETENTION_DAYS', '3651', 'RETENTION_DAYS: got "3651"; accepted: a whole number from 30 to 3650'],
    ['RENEWAL_GRACE_DAYS', '91', 'RENEWAL_GRACE_DAYS: got "91"; accepted: a whole number from 0 to 90'],
    ['STUDIO_TZ', 'Europe/Moskva', 'STUDIO_TZ: got "Europe/Moskva"; accepted: an IANA time zone such as Europe/Moscow'],
    ['STUDIO_TZ', '+03:00', 'STUDIO_TZ: got "+03:00"; accepted: an IANA time zone such as Europe/Moscow'],
    ['STUDIO_LOCALE', 'de', 'STUDIO_LOCALE: got "de"; accepted: ru, uk or en'],
    ['LOG_LEVEL', 'loud\nPORT=1', /^LOG_LEVEL: got "loud\\nPORT=1"; accepted: fatal, error, warn, info, debug, trace, silent$/],
    ['TELEGRAM_ADMIN_CHAT_IDS', '1,,2', /^TELEGRAM_ADMIN_CHAT_IDS: got "1,,2"; accepted: chat ids separated by commas/],
    ['TELEGRAM_ADMIN_USER_IDS', '-1001', /accepted: ids of people separated by commas/],
    ['TELEGRAM_ADMIN_USER_IDS', '0', /accepted: ids of people: above 0/],
    ['TELEGRAM_ADMIN_CHAT_IDS', '99999999999999999999', /accepted: chat ids of at most 15 digits$/],
    [
      'TELEGRAM_API_ROOT',
      'api.telegram.org',
      /^TELEGRAM_API_ROOT: got "api.telegram.org"; accepted: a URL that starts with http:\/\/ or https:\/\/$/,
    ],
    ['VENDING_API_ROOT', 'http://api.vendista.ru', /accepted: a URL that starts with https:\/\/, for passwords go there; http:/],
    [
      'EMBED_ORIGINS',
      'studio.example',
      'EMBED_ORIGINS: got "studio.example"; accepted: origins separated by commas, such as https://studio.example,https://www.studio.example',
    ],
    ['EMBED_ORIGINS', 'https://studio.example/', /^EMBED_ORIGINS: got /],
    ['EMBED_ORIGINS', 'https://studio.example/booking', /^EMBED_ORIGINS: got /],
    ['EMBED_ORIGINS', 'https://studio.example,*', /^EMBED_ORIGINS: got /],
    ['EMBED_ORIGINS', 'https://studio.example https://www.studio.example', /^EMBED_ORIGINS: got /],
    ['EMBED_ORIGINS', 'file:///home', /^EMBED_ORIGINS: got /],
    ['VENDING_KEYS', 'k1:too-short', /^VENDING_KEYS: got \(not shown\); accepted: id:key/],
    [
      'TELEGRAM_WEBHOOK_SECRET',
      'secret-x',
      'TELEGRAM_WEBHOOK_SECRET: got (not shown); accepted: 24 to 256 letters, digits, _ and - that nobody guesses',
    ],
    [
      'TELEGRAM_WEBHOOK_SECRET',
      SECRET,
      'TELEGRAM_WEBHOOK_URL: not given; accepted: both or none, and TELEGRAM_WEBHOOK_SECRET is given',
    ],
    [
      'TELEGRAM_OIDC_CLIENT_ID',
      '12345',
      'TELEGRAM_OIDC_CLIENT_SECRET: not given; accepted: both or none, and TELEGRAM_OIDC_CLIENT_ID is given',
    ],
    ['TELEGRAM_OIDC_CLIENT_ID', 'bot', /accepted: the client id that BotFather shows: digits$/],
    ['SMTP_URL', 'smtp://mail.example', 'MAIL_FROM: not given; accepted: both or none, and SMTP_URL is given'],
    ['SMTP_URL', 'mail.example', /^SMTP_URL: got \(not shown\); accepted: a URL that starts with smtp:/],
    ['MAIL_FROM', 'nobody', /accepted: an address such as Studio <hello@studio\.example>$/],
    [
      'TELEGRAM_WEBHOOK_URL',
      'https://studio.example/telegram/webhook',
      'TELEGRAM_WEBHOOK_SECRET: not given; accepted: both or none, and TELEGRAM_WEBHOOK_URL is given',
    ],
    [
      'TELEGRAM_WEBHOOK_URL',
      'http://studio.example',
      /^TELEGRAM_WEBHOOK_URL: got \(not shown\); accepted: a URL that starts with https:/,
    ],
    ['TELEGRAM_BOT_TOKEN', 'secret-token', 'TELEGRAM_BOT_TOKEN: got (not shown); accepted: a bot token like 12345:AbC-dEf'],
    [
      'DATABASE_URL',
      'mysql://u:secret@h/d',
      /^DATABASE_URL: got \(not shown\); accepted: a URL that starts with postgres:\/\/ or postgresql:\/\/; several hosts/,
    ],
    ['DATABASE_URL', 'postgres://u:secret@one,two/d?target_session_attrs=any', /^DATABASE_URL: got \(not shown\); /],
    ['REDIS_URL', 'secret', /^REDIS_URL: got \(not shown\); accepted: a URL that starts with redis:\/\/ or rediss:\/\//],
    ['REDIS_URL', 'redis-sentinel://:secret@one/0', /^REDIS_URL: got \(not shown\); .*sentinelMasterId=NAME/],
    [
      'TELEGRAM_WEBHOOK_SECRET',
      'a'.repeat(40),
      'TELEGRAM_WEBHOOK_SECRET: got (not shown); accepted: 24 to 256 letters, digits, _ and - that nobody guesses',
    ],
    [
      'API_KEYS',
      'desk:secret:*',
      /^API_KEYS: got \(not shown\); accepted: name:secret:scope,scope;.* secrets of 24 or more characters; the secret of "desk" is weak: shorter than 24 characters; /,
    ],
    ['API_KEYS', `a b:${SECRET}:*`, /^API_KEYS: got \(not shown\); accepted: name:secret:scope/],
    ['API_KEYS', `${KEY}`, /^API_KEYS: got \(not shown\); accepted: name:secret:scope/],
    [
      'API_KEYS',
      `weak:${'a'.repeat(30)}:*`,
      /; the secret of "weak" is weak: made of fewer than 8 different characters; "openssl /,
    ],
    [
      'API_KEYS',
      `${KEY}:*;till:change-me-to-a-long-secret:*`,
      /the secret of "till" is weak: made of words that everybody tries/,
    ],
    ['API_KEYS', `system:${SECRET}:*`, /; "system" is a name of the fleet itself$/],
    ['API_KEYS', `Telegram:${SECRET}:*`, /; "Telegram" is a name of the fleet itself$/],
    ['API_KEYS', `person:${SECRET}:*`, /; "person" is a name of the fleet itself$/],
    ['API_KEYS', `telegram:7:${SECRET}:*`, /^API_KEYS: got \(not shown\); accepted: name:secret:scope/],
    ['API_KEYS', `${KEY}:everything`, /the scopes of "desk" can be \*, run:generation, /],
    ['API_KEYS', `${KEY}:secret-rest:*`, /the scopes of "desk" can be \*, run:generation, /],
    ['API_KEYS', `${KEY}:*;desk:${OTHER}:*`, /each name and each secret once$/],
    ['API_KEYS', `${KEY}:*;other:${SECRET}:*`, /each name and each secret once$/],
  ];
  test.each(bad)('%s=%s', (name, given, says) => {
    let said = '';
    try {
      read({ [name]: given });
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      said = (error as Error).message;
    }
    expect(said).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
    expect(said).not.toMatch(/\n|secret-|:secret@|kV7|Jc5/);
  });

  test.each(['STUDIO_TIMEZONE', 'FLEET_DIR', 'TELEGRAM_TOKEN', 'DRAIN_TIMEOUT', 'RETENTION_DAY', 'RENEWAL_DAYS'])(
    '%s is a typo, not a stranger',
    (name) => {
      expect(() => read({ [name]: 'x' })).toThrow(
        new RegExp(`^${name}: there is no such setting; accepted: DATABASE_URL, REDIS_URL, `),
      );
    },
  );
});

describe('.env', () => {
  test('fills in what the environment leaves open or empty', () => {
    const file = envFile('PORT=4000\nSTUDIO_LOCALE="en"\n# HOST=0.0.0.0\nDRAIN_SECONDS=5\n');
    expect(readSettings({ PORT: '5000', DRAIN_SECONDS: '' }, file)).toMatchObject({
      port: 5000,
      locale: 'en',
      host: '127.0.0.1',
      drainSeconds: 5,
    });
  });

  test('holds nothing but settings', () => {
    expect(() => readSettings({}, envFile('PROT=4000\n'))).toThrow(
      /^PROT: .*\.env knows no such setting; accepted: DATABASE_URL, /,
    );
  });

  test('is judged like the environment', () => {
    expect(() => readSettings({}, envFile('PORT=x\n'))).toThrow('PORT: got "x"; accepted: a whole number from 1 to 65535');
  });
});
