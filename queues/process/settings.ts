import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { Locale } from '../../sql/database/locale.ts';
import { log } from '../log/log.ts';
import { type BackupBucket, bucketOf } from './backup-bucket.ts';
import { type GivenSettings, givenSettings, SettingsError } from './given-settings.ts';
import type { apiKeysSetting } from './key-setting.ts';
import { isLoopback, PLAIN_HTTP_REFUSED, type TrustProxy } from './network-settings.ts';
import { isSecret, type QuietHours, schema } from './settings-schema.ts';
import type { VendingKey } from './vending-keys-setting.ts';

export type Settings = Readonly<{
  databaseUrl?: string;
  /** As whom migrations are made, where that is not the user of `databaseUrl`. */
  migrateUrl?: string;
  redisUrl?: string;
  dataDir: string;
  /** Where backups are kept, and the write-ahead log of the embedded database. */
  backupDir: string;
  /** The file with the key that backups are encrypted with; without it they are not. */
  backupKeyFile?: string;
  /** A folder on another disk where everything in `backupDir` is copied. */
  backupCopyDir?: string;
  /** The bucket of an object store where it is copied instead. */
  backupBucket?: BackupBucket;
  port: number;
  host: string;
  /** Paths of PEM files; with them the API speaks https itself. */
  tls?: { cert: string; key: string };
  /** Whose `X-Forwarded-For` is believed: Express's `trust proxy`. */
  trustProxy?: TrustProxy;
  /** Where people open the studio's pages, without a slash at its end. */
  publicUrl?: string;
  /** Browsers may also subscribe at a push service on this machine: for tests. */
  pushLoopback: boolean;
  /** Sites that may show the booking pages in a frame. */
  embedOrigins: readonly string[];
  zone: string;
  locale: Locale;
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
  /** So many ABSENT within so many days are reported to the admins (D39). */
  missedThreshold: number;
  missedWindowDays: number;
  /** When an invoice without a due date is due. */
  paymentTermDays: number;
  /** Where Telegram brings updates, and the secret it shows there; without it the bot fetches them. */
  webhook?: { url: string; secret: string };
  /** What the studio is known by where people sign in by Telegram; the root without a slash at its end. */
  telegramOidc?: { id: string; secret: string; root: string };
  /** Where payers pay online, what their way there is signed with, and what the provider's webhooks are. */
  payments?: { url: string; secret: string; webhookSecret: string };
  /** The server that sends e-mail, and from whom it is. */
  mail?: { url: string; from: string };
  /** Where alarms go by e-mail and SMS; without them to the owners and admins of the studio. */
  alertEmails?: string[];
  alertPhones?: string[];
  /** What is asked once a minute while the fleet is healthy: a dead man's switch. */
  heartbeatUrl?: string;
  /** The OpenTelemetry collector that spans go to, without a slash at its end, and which share of all traces; without it nothing is traced. */
  traces?: { endpoint: string; headers: Record<string, string>; share: number };
  /** What owners' secrets are encrypted with: the first encrypts, all decrypt (V3). Empty: none can be kept. */
  vendingKeys: readonly VendingKey[];
  /** Where Vendista is, without a slash at its end. */
  vendingApiRoot: string;
  /** From the start of one call of the fleet to a telemetry service to the next, in milliseconds (V4). */
  vendingCallMs: number;
  /** How a short message is asked of a provider; see workers/notifier/channels/by-sms.ts. Without a body it is a GET. */
  sms?: { url: string; body?: string; type: string; authorization?: string; accepted?: string; length: number };
  logLevel: string;
  /** A log file that has grown to this is set aside, and this many such are kept. */
  logMaxBytes: number;
  logKeep: number;
  drainSeconds: number;
  rateLimitPerMinute: number;
  renewalGraceDays: number;
  retentionDays: number;
}>;

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
  demandBoth(s, 'TELEGRAM_OIDC_CLIENT_ID', 'TELEGRAM_OIDC_CLIENT_SECRET');
  demandBoth(s, 'SMTP_URL', 'MAIL_FROM');
  demandBoth(s, 'BACKUP_COPY_KEY_ID', 'BACKUP_COPY_SECRET');
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
    backupDir: resolve(s.BACKUP_DIR ?? join(s.FLEET_DATA_DIR, 'backups')),
    backupKeyFile: s.BACKUP_KEY_FILE === undefined ? undefined : resolve(s.BACKUP_KEY_FILE),
    backupCopyDir: s.BACKUP_COPY_DIR === undefined ? undefined : resolve(s.BACKUP_COPY_DIR),
    backupBucket: bucketOf(s),
    port: s.PORT,
    host: s.HOST,
    trustProxy: s.TRUST_PROXY,
    tls: s.TLS_CERT && s.TLS_KEY ? { cert: resolve(s.TLS_CERT), key: resolve(s.TLS_KEY) } : undefined,
    publicUrl: s.PUBLIC_URL,
    pushLoopback: s.PUSH_LOOPBACK === 'yes',
    embedOrigins: s.EMBED_ORIGINS,
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
    telegramOidc:
      s.TELEGRAM_OIDC_CLIENT_ID && s.TELEGRAM_OIDC_CLIENT_SECRET
        ? {
            id: s.TELEGRAM_OIDC_CLIENT_ID,
            secret: s.TELEGRAM_OIDC_CLIENT_SECRET,
            root: s.TELEGRAM_OIDC_ROOT.replace(/\/+$/, ''),
          }
        : undefined,
    payments: paymentsOf(s),
    mail: s.SMTP_URL && s.MAIL_FROM ? { url: s.SMTP_URL, from: s.MAIL_FROM } : undefined,
    heartbeatUrl: s.HEARTBEAT_URL,
    traces: tracesOf(s),
    alertEmails: s.ALERT_EMAILS,
    alertPhones: s.ALERT_PHONES,
    vendingKeys: s.VENDING_KEYS,
    vendingApiRoot: s.VENDING_API_ROOT.replace(/\/+$/, ''),
    vendingCallMs: s.VENDING_CALL_MS,
    sms: smsOf(s),
    logLevel: s.LOG_LEVEL,
    logMaxBytes: s.LOG_MAX_MB * 2 ** 20,
    logKeep: s.LOG_KEEP,
    drainSeconds: s.DRAIN_SECONDS,
    rateLimitPerMinute: s.RATE_LIMIT_PER_MINUTE,
    renewalGraceDays: s.RENEWAL_GRACE_DAYS,
    retentionDays: s.RETENTION_DAYS,
  });
}

function tracesOf(s: z.output<typeof schema>): Settings['traces'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: given, OTEL_TRACES_SAMPLER_ARG: share } = s;
  if (endpoint === undefined) return undefined;
  const pairs = given?.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
  return { endpoint: endpoint.replace(/\/+$/, ''), headers: Object.fromEntries(pairs ?? []), share };
}

function paymentsOf(s: z.output<typeof schema>): Settings['payments'] {
  demandBoth(s, 'PAYMENTS_URL', 'PAYMENTS_SECRET');
  demandBoth(s, 'PAYMENTS_URL', 'PAYMENTS_WEBHOOK_SECRET');
  const { PAYMENTS_URL: url, PAYMENTS_SECRET: secret, PAYMENTS_WEBHOOK_SECRET: webhookSecret } = s;
  if (!url || !secret || !webhookSecret) return undefined;
  if (secret === webhookSecret)
    throw new SettingsError('PAYMENTS_WEBHOOK_SECRET: got (not shown); accepted: another one than PAYMENTS_SECRET');
  return { url, secret, webhookSecret };
}

function smsOf(s: z.output<typeof schema>): Settings['sms'] {
  const { SMS_URL: url, SMS_BODY: body, SMS_TYPE: type, SMS_AUTHORIZATION: authorization, SMS_ACCEPTED: accepted } = s;
  if (url === undefined) {
    const given = Object.entries({ SMS_BODY: body, SMS_AUTHORIZATION: authorization, SMS_ACCEPTED: accepted });
    const [present] = given.find(([, value]) => value !== undefined) ?? [];
    if (present) throw new SettingsError(`SMS_URL: not given; accepted: an address, since ${present} is given`);
    return undefined;
  }
  for (const name of ['phone', 'text']) {
    if (!`${url}${body ?? ''}`.includes(`{{${name}}}`))
      throw new SettingsError(`SMS_URL: got (not shown); accepted: {{${name}}} in it or in SMS_BODY`);
  }
  return { url, body, type, authorization, accepted, length: s.SMS_LENGTH };
}

/** Throws where one of two settings is given that are of use together only. */
function demandBoth(given: Partial<Record<string, unknown>>, one: string, other: string) {
  if (Boolean(given[one]) === Boolean(given[other])) return;
  const [missing, present] = given[one] ? [other, one] : [one, other];
  throw new SettingsError(`${missing}: not given; accepted: both or none, and ${present} is given`);
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
