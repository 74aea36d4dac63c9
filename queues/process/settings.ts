import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import moment from 'moment-timezone';
import { z } from 'zod';
import { LEVELS, log } from '../log/log.ts';
import { apiKeysSetting } from './key-setting.ts';
import { isLoopback, PLAIN_HTTP_REFUSED, publicUrlSetting, type TrustProxy, trustProxySetting } from './network-settings.ts';
import { whyWeak } from './weak-secret.ts';

/** A named zone: an offset such as `+03:00` would mean one thing here and its opposite to PostgreSQL. */
const isZone = (zone: string) => moment.tz.zone(zone) !== null;
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `a whole number from ${min} to ${max}` })
    .transform(Number)
    .refine((n) => n >= min && n <= max, { error: `a whole number from ${min} to ${max}` });

/** Wall times, `HH:MM`, from the first to just before the second. */
export type QuietHours = { from: string; until: string };
const QUIET = 'two times such as 22:00-08:00, or off';
/** `22:00-08:00` as a pair; `off` as null. */
export const quietHoursSetting = z
  .string({ error: QUIET })
  .regex(/^(?:off|(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d)$/, { error: QUIET })
  .transform((text): QuietHours | null => (text === 'off' ? null : { from: text.slice(0, 5), until: text.slice(6) }))
  .refine((hours) => hours === null || hours.from !== hours.until, { error: QUIET });

const WEBHOOK_SECRET = '24 to 256 letters, digits, _ and - that nobody guesses';
const schema = z.object({
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  MIGRATE_DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  FLEET_DATA_DIR: z.string().min(1, { error: 'a folder' }).default('.data'),
  PORT: whole(1, 65_535).prefault('3000'),
  HOST: z.string().min(1, { error: 'an address to listen on' }).default('127.0.0.1'),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TRUST_PROXY: trustProxySetting.optional(),
  PUBLIC_URL: publicUrlSetting.optional(),
  ALLOW_PLAIN_HTTP: z.enum(['yes', 'no'], { error: 'yes or no' }).default('no'),
  STUDIO_TZ: z.string().refine(isZone, { error: 'an IANA time zone such as Europe/Moscow' }).default('Europe/Moscow'),
  STUDIO_LOCALE: z.enum(['ru', 'uk', 'en'], { error: 'ru, uk or en' }).default('ru'),
  STUDIO_CURRENCY: z
    .string()
    .refine((code) => Intl.supportedValuesOf('currency').includes(code), { error: 'a currency code such as RUB, UAH or EUR' })
    .default('RUB'),
  STUDIO_BOOKING_NOTICE_MINUTES: whole(0, 86_400).prefault('0'),
  STUDIO_BOOKING_HOLD_SECONDS: whole(1, 3_600).prefault('60'),
  STUDIO_SLOT_LOCK: z.enum(['on', 'off'], { error: 'on or off' }).default('on'),
  API_KEYS: apiKeysSetting.prefault(''),
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d+:[\w-]+$/, { error: 'a bot token like 12345:AbC-dEf' })
    .optional(),
  TELEGRAM_API_ROOT: url('http:', 'https:').default('https://api.telegram.org'),
  TELEGRAM_ADMIN_CHAT_IDS: z
    .string()
    .regex(/^(-?\d+(\s*,\s*-?\d+)*)?$/, { error: 'chat ids separated by commas, such as 1001,-1002' })
    .transform((text) => text.split(',').filter(Boolean).map(Number))
    .refine((ids) => ids.every(Number.isSafeInteger), { error: 'chat ids of at most 15 digits' })
    .prefault(''),
  TELEGRAM_ADMIN_USER_IDS: z
    .string()
    .regex(/^(\d+(\s*,\s*\d+)*)?$/, { error: 'ids of people separated by commas, such as 1001,1002' })
    .transform((text) => text.split(',').filter(Boolean).map(Number))
    .refine((ids) => ids.every((id) => Number.isSafeInteger(id) && id > 0), {
      error: 'ids of people: above 0, at most 15 digits',
    })
    .prefault(''),
  TELEGRAM_PACE: whole(1, 30).prefault('1'),
  QUIET_HOURS: quietHoursSetting.prefault('22:00-08:00'),
  REMINDER_HOURS: whole(1, 24).prefault('2'),
  MISSED_CLASSES_THRESHOLD: whole(1, 100).prefault('2'),
  MISSED_CLASSES_DAYS: whole(1, 365).prefault('30'),
  PAYMENT_TERM_DAYS: whole(0, 365).prefault('7'),
  TELEGRAM_WEBHOOK_URL: url('https:').optional(),
  TELEGRAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^[\w-]{24,256}$/, { error: WEBHOOK_SECRET })
    .refine((secret) => whyWeak(secret) === null, { error: WEBHOOK_SECRET })
    .optional(),
  LOG_LEVEL: z.enum(LEVELS, { error: LEVELS.join(', ') }).default('info'),
  LOG_MAX_MB: whole(1, 10_000).prefault('10'),
  LOG_KEEP: whole(0, 100).prefault('5'),
  DRAIN_SECONDS: whole(1, 3_600).prefault('20'),
  RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000).prefault('600'),
  RENEWAL_GRACE_DAYS: whole(0, 90).prefault('7'),
  RETENTION_DAYS: whole(30, 3_650).prefault('400'),
});

/** Variables that begin like ours must be ours: `STUDIO_TIMEZONE` is a typo, not a stranger. */
const OUR_PREFIXES = /^(STUDIO|FLEET|TELEGRAM|DRAIN|RETENTION|RENEWAL)_/;
/** Every setting there is. */
export const settingNames = Object.keys(schema.shape);
/** Names of settings whose values are shown to nobody. */
export const isSecret = /URL|KEY|TOKEN|SECRET/;
/** Where `npm start` has put the settings of one app. It is no setting: whoever has it reads nothing else. */
export const SETTINGS_FILE = 'FLEET_SETTINGS_FILE';

export type Settings = Readonly<{
  databaseUrl?: string;
  /** As whom migrations are made, where that is not the user of `databaseUrl`. */
  migrateUrl?: string;
  redisUrl?: string;
  dataDir: string;
  port: number;
  host: string;
  /** Paths of PEM files; with them the API speaks https itself. */
  tls?: { cert: string; key: string };
  /** Whose `X-Forwarded-For` is believed: Express's `trust proxy`. */
  trustProxy?: TrustProxy;
  /** Where people open the studio's pages, without a slash at its end. */
  publicUrl?: string;
  zone: string;
  locale: 'ru' | 'uk' | 'en';
  currency: string;
  /** D34: how long before its start a booking must be made. */
  bookingNoticeMinutes: number;
  /** How long a booking that was not confirmed keeps its slot. */
  bookingHoldSeconds: number;
  slotLock: 'on' | 'off';
  apiKeys: z.output<typeof apiKeysSetting>;
  telegramToken?: string;
  telegramApiRoot: string;
  adminChatIds: number[];
  /** In the groups among the admin chats only these people may command the bot; empty: every member. */
  adminUserIds: number[];
  /** How many times Telegram's public limits this bot may use. */
  telegramPace: number;
  quietHours: QuietHours | null;
  /** How long before a training people are reminded of it. */
  reminderHours: number;
  /** So many ABSENT within so many days are notified of (D39). */
  missedThreshold: number;
  missedWindowDays: number;
  /** When an invoice without a due date is due. */
  paymentTermDays: number;
  /** Where Telegram brings updates, and the secret it shows there; without it the bot fetches them. */
  webhook?: { url: string; secret: string };
  logLevel: string;
  /** A log file that has grown to this is set aside, and this many such are kept. */
  logMaxBytes: number;
  logKeep: number;
  drainSeconds: number;
  rateLimitPerMinute: number;
  renewalGraceDays: number;
  retentionDays: number;
}>;

/** A setting that cannot be used. Its message is one line that names the setting, what was given and what is accepted. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** Settings by name, as text: what somebody has given, before it is parsed. */
export type GivenSettings = Record<string, string>;

/**
 * The settings that are given: in the process environment, else in a `.env` file of the working folder. An app that `npm start`
 * has started reads the file that was made for it, and nothing else. An empty variable counts as unset.
 * Throws {@link SettingsError} for an unknown one.
 */
export function givenSettings(environment: NodeJS.ProcessEnv = process.env, envFile = '.env'): GivenSettings {
  const own = environment[SETTINGS_FILE];
  if (own) return readOwn(own);
  const file = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {};
  refuseUnknown(Object.keys(file), `${envFile} knows no such setting`);
  refuseUnknown(
    Object.keys(environment).filter((name) => OUR_PREFIXES.test(name) && name !== SETTINGS_FILE),
    'there is no such setting',
  );
  return givenOf({ ...file, ...givenOf(environment) });
}

/** Of a process environment what is a setting and not empty. */
export const givenOf = (environment: NodeJS.ProcessEnv): GivenSettings =>
  Object.fromEntries(settingNames.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));

function readOwn(file: string): GivenSettings {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsError(`${SETTINGS_FILE}: ${(error as Error).message}; "npm start" writes it`);
  }
}

/** {@link givenSettings}, parsed. Throws {@link SettingsError} for an unknown or malformed one. */
export const readSettings = (environment: NodeJS.ProcessEnv = process.env, envFile = '.env'): Settings =>
  parseSettings(givenSettings(environment, envFile));

/** Given settings as one frozen, validated object. Throws {@link SettingsError} for the first that cannot be used. */
export function parseSettings(given: GivenSettings): Settings {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    const shown = isSecret.test(name) ? '(not shown)' : JSON.stringify(given[name]);
    throw new SettingsError(`${name}: got ${shown}; accepted: ${issue?.message}`);
  }
  const s = parsed.data;
  const { TELEGRAM_WEBHOOK_URL: url, TELEGRAM_WEBHOOK_SECRET: secret } = s;
  if (Boolean(url) !== Boolean(secret)) {
    const [missing, given] = url ? ['SECRET', 'URL'] : ['URL', 'SECRET'];
    throw new SettingsError(
      `TELEGRAM_WEBHOOK_${missing}: not given; accepted: both or none, and TELEGRAM_WEBHOOK_${given} is given`,
    );
  }
  if (Boolean(s.TLS_CERT) !== Boolean(s.TLS_KEY)) {
    const [missing, given] = s.TLS_CERT ? ['TLS_KEY', 'TLS_CERT'] : ['TLS_CERT', 'TLS_KEY'];
    throw new SettingsError(`${missing}: not given; accepted: both or none, and ${given} is given`);
  }
  const isGuarded = s.TLS_CERT !== undefined || s.TRUST_PROXY !== undefined || s.ALLOW_PLAIN_HTTP === 'yes';
  if (!isLoopback(s.HOST) && !isGuarded)
    throw new SettingsError(`HOST: got ${JSON.stringify(s.HOST)}; accepted: ${PLAIN_HTTP_REFUSED}`);
  return Object.freeze({
    databaseUrl: s.DATABASE_URL,
    migrateUrl: s.MIGRATE_DATABASE_URL,
    redisUrl: s.REDIS_URL,
    dataDir: resolve(s.FLEET_DATA_DIR),
    port: s.PORT,
    host: s.HOST,
    trustProxy: s.TRUST_PROXY,
    tls: s.TLS_CERT && s.TLS_KEY ? { cert: resolve(s.TLS_CERT), key: resolve(s.TLS_KEY) } : undefined,
    publicUrl: s.PUBLIC_URL,
    zone: s.STUDIO_TZ,
    locale: s.STUDIO_LOCALE,
    currency: s.STUDIO_CURRENCY,
    bookingNoticeMinutes: s.STUDIO_BOOKING_NOTICE_MINUTES,
    bookingHoldSeconds: s.STUDIO_BOOKING_HOLD_SECONDS,
    slotLock: s.STUDIO_SLOT_LOCK,
    apiKeys: s.API_KEYS,
    telegramToken: s.TELEGRAM_BOT_TOKEN,
    telegramApiRoot: s.TELEGRAM_API_ROOT,
    adminChatIds: s.TELEGRAM_ADMIN_CHAT_IDS,
    adminUserIds: s.TELEGRAM_ADMIN_USER_IDS,
    telegramPace: s.TELEGRAM_PACE,
    quietHours: s.QUIET_HOURS,
    reminderHours: s.REMINDER_HOURS,
    missedThreshold: s.MISSED_CLASSES_THRESHOLD,
    missedWindowDays: s.MISSED_CLASSES_DAYS,
    paymentTermDays: s.PAYMENT_TERM_DAYS,
    webhook: url && secret ? { url, secret } : undefined,
    logLevel: s.LOG_LEVEL,
    logMaxBytes: s.LOG_MAX_MB * 2 ** 20,
    logKeep: s.LOG_KEEP,
    drainSeconds: s.DRAIN_SECONDS,
    rateLimitPerMinute: s.RATE_LIMIT_PER_MINUTE,
    renewalGraceDays: s.RENEWAL_GRACE_DAYS,
    retentionDays: s.RETENTION_DAYS,
  });
}

/** {@link readSettings} for a process entry: an unusable setting ends the process with its one line. */
export function settingsOrExit(read: () => Settings = readSettings): Settings {
  try {
    const settings = read();
    log.level = settings.logLevel;
    return settings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(78);
  }
}

function refuseUnknown(given: string[], why: string) {
  const unknown = given.find((name) => !settingNames.includes(name));
  if (unknown) throw new SettingsError(`${unknown}: ${why}; accepted: ${settingNames.join(', ')}`);
}
