import moment from 'moment-timezone';
import { z } from 'zod';
import { readDatabaseUrl } from '../../sql/database/hosts.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { readSentinels } from '../backend/redis-address.ts';
import { LEVELS } from '../log/log.ts';
import { bucketKeyIdSetting, bucketRegionSetting, bucketSecretSetting, bucketUrlSetting } from './bucket-settings.ts';
import { apiKeysSetting } from './key-setting.ts';
import { publicUrlSetting, trustProxySetting } from './network-settings.ts';
import { vendingKeysSetting } from './vending-keys-setting.ts';
import { whyWeak } from './weak-secret.ts';

/** A named zone: an offset such as `+03:00` would mean one thing here and its opposite to PostgreSQL. */
const isZone = (zone: string) => moment.tz.zone(zone) !== null;
const url = (...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });
const DATABASE =
  'a URL that starts with postgres:// or postgresql://; several hosts are separated by commas, and only one that takes writes is worked with';
/** Of several hosts too; what is read is a URL that `new URL` takes. */
const databaseUrl = z
  .string()
  .transform((text, context) => {
    const address = readDatabaseUrl(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: DATABASE });
    return z.NEVER;
  })
  .refine((address) => /^postgres(ql)?:$/.test(new URL(address).protocol), { error: DATABASE });
const REDIS =
  'a URL that starts with redis:// or rediss://, or redis-sentinel://HOST,HOST/0?sentinelMasterId=NAME (rediss-sentinel:// over TLS)';
const redisUrl = z
  .string()
  .refine((text) => readSentinels(text) !== undefined || /^rediss?:$/.test(URL.parse(text)?.protocol ?? ''), { error: REDIS });
/** Nobody on the way can read or change it: by TLS, or since it never leaves the machine. */
const isEncrypted = (text: string) => {
  const { protocol, hostname } = URL.parse(text) ?? {};
  return protocol !== 'http:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '');
};
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: `a whole number from ${min} to ${max}` })
    .transform(Number)
    .refine((n) => n >= min && n <= max, { error: `a whole number from ${min} to ${max}` });

/** Some, separated by commas; none given is undefined. */
const addresses = (form: RegExp, error: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((list) => list.length > 0 && list.every((part) => form.test(part)), { error })
    .optional();

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
const PAYMENTS_SECRET = '24 to 256 visible characters that nobody guesses, shared with the provider';
const paymentsSecret = z
  .string()
  .regex(/^[\x21-\x7e]{24,256}$/, { error: PAYMENTS_SECRET })
  .refine((secret) => whyWeak(secret) === null, { error: PAYMENTS_SECRET });
/** Every setting: its name, what is accepted, and its default; a new one also gets a line of `.env.example`. */
export const schema = z.object({
  DATABASE_URL: databaseUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  MIGRATE_DATABASE_URL: databaseUrl.optional(),
  FLEET_DATA_DIR: z.string().min(1, { error: 'a folder' }).default('.data'),
  BACKUP_DIR: z.string().min(1, { error: 'a folder' }).optional(),
  BACKUP_KEY_FILE: z.string().min(1, { error: 'a file' }).optional(),
  BACKUP_COPY_DIR: z.string().min(1, { error: 'a folder' }).optional(),
  BACKUP_COPY_URL: bucketUrlSetting.optional(),
  BACKUP_COPY_ENDPOINT: url('http:', 'https:')
    .refine((text) => isEncrypted(text) && URL.parse(text)?.href === `${URL.parse(text)?.origin}/`, {
      error: 'https://HOST and nothing more; http:// to this machine alone',
    })
    .optional(),
  BACKUP_COPY_REGION: bucketRegionSetting,
  BACKUP_COPY_KEY_ID: bucketKeyIdSetting.optional(),
  BACKUP_COPY_SECRET: bucketSecretSetting.optional(),
  PORT: whole(1, 65_535).prefault('3000'),
  HOST: z.string().min(1, { error: 'an address to listen on' }).default('127.0.0.1'),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TRUST_PROXY: trustProxySetting.optional(),
  PUBLIC_URL: publicUrlSetting.optional(),
  EMBED_ORIGINS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .refine((origins) => origins.every((origin) => /^https?:\/\//.test(origin) && URL.parse(origin)?.origin === origin), {
      error: 'origins separated by commas, such as https://studio.example,https://www.studio.example',
    })
    .prefault(''),
  ALLOW_PLAIN_HTTP: z.enum(['yes', 'no'], { error: 'yes or no' }).default('no'),
  PUSH_LOOPBACK: z.enum(['yes', 'no'], { error: 'yes or no' }).default('no'),
  STUDIO_TZ: z.string().refine(isZone, { error: 'an IANA time zone such as Europe/Moscow' }).default('Europe/Moscow'),
  STUDIO_LOCALE: z.enum(LOCALES, { error: 'ru, uk or en' }).default('ru'),
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
  TELEGRAM_OIDC_CLIENT_ID: z.string().regex(/^\d+$/, { error: 'the client id that BotFather shows: digits' }).optional(),
  TELEGRAM_OIDC_CLIENT_SECRET: z
    .string()
    .regex(/^\S{8,512}$/, { error: 'the client secret that BotFather shows' })
    .optional(),
  TELEGRAM_OIDC_ROOT: url('http:', 'https:').default('https://oauth.telegram.org'),
  PAYMENTS_URL: url('http:', 'https:').optional(),
  PAYMENTS_SECRET: paymentsSecret.optional(),
  PAYMENTS_WEBHOOK_SECRET: paymentsSecret.optional(),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]{0,100}?<?[^\s@<>]+@[^\s@<>]+>?$/, { error: 'an address such as Studio <hello@studio.example>' })
    .optional(),
  HEARTBEAT_URL: url('http:', 'https:').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,\r\n]*(,[^=,\s]+=[^,\r\n]*)*$/, {
      error: 'name=value pairs separated by commas, such as api-key=change-me',
    })
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d{1,9})?|1(\.0+)?)$/, { error: 'a share from 0 to 1' })
    .transform(Number)
    .prefault('1'),
  ALERT_EMAILS: addresses(/^[^\s@<>,]+@[^\s@<>,]+$/, 'e-mail addresses separated by commas'),
  ALERT_PHONES: addresses(/^\+\d{7,15}$/, 'phones separated by commas, such as +79160000001'),
  VENDING_KEYS: vendingKeysSetting.prefault(''),
  VENDING_API_ROOT: url('http:', 'https:')
    .refine(isEncrypted, { error: 'a URL that starts with https://, for passwords go there; http:// to this machine alone' })
    .default('https://api.vendista.ru:99'),
  VENDING_CALL_MS: whole(0, 60_000).prefault('1100'),
  SMS_URL: z
    .string()
    .refine(isTemplateOfUrl, { error: 'an http or https address, with {{phone}} and {{text}} after its host where they belong' })
    .optional(),
  SMS_BODY: z.string().max(2_000).optional(),
  SMS_TYPE: z.enum(['application/json', 'application/x-www-form-urlencoded']).default('application/json'),
  SMS_AUTHORIZATION: z
    .string()
    .regex(/^[\x20-\x7e]{1,1000}$/, { error: 'the header Authorization as the provider wants it, such as Bearer change-me' })
    .optional(),
  SMS_ACCEPTED: z.string().min(1).max(200).optional(),
  SMS_LENGTH: whole(70, 1_530).prefault('480'),
  LOG_LEVEL: z.enum(LEVELS, { error: LEVELS.join(', ') }).default('info'),
  LOG_MAX_MB: whole(1, 10_000).prefault('10'),
  LOG_KEEP: whole(0, 100).prefault('5'),
  DRAIN_SECONDS: whole(1, 3_600).prefault('20'),
  RATE_LIMIT_PER_MINUTE: whole(1, 1_000_000).prefault('600'),
  RENEWAL_GRACE_DAYS: whole(0, 90).prefault('7'),
  RETENTION_DAYS: whole(30, 3_650).prefault('400'),
});

/** An address with placeholders, none of them in its host: whom a message is for does not decide where it goes. */
function isTemplateOfUrl(text: string): boolean {
  const [, host = ''] = /^https?:\/\/([^/?#]*)/.exec(text) ?? [];
  return host !== '' && !host.includes('{{') && URL.canParse(text.replace(/\{\{\w+\}\}/g, '1'));
}

/** Every setting there is. */
export const settingNames = Object.keys(schema.shape);
/** Names of settings whose values are shown to nobody. */
export const isSecret = /URL|KEY|TOKEN|SECRET|AUTHORIZATION|SMS_BODY|OTLP_/;
