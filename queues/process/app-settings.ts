import type { GivenSettings } from './given-settings.ts';
import { isSecret } from './settings-schema.ts';

/**
 * Settings that only some apps get. Every secret has a line here, and one without a line would go to nobody. `start` stands for the
 * commands: they read what is given themselves.
 */
const ONLY: Record<string, 'all' | readonly string[]> = {
  DATABASE_URL: 'all',
  REDIS_URL: 'all',
  MIGRATE_DATABASE_URL: [],
  BACKUP_KEY_FILE: ['cleanup'],
  BACKUP_COPY_URL: ['cleanup', 'scheduler'],
  BACKUP_COPY_ENDPOINT: ['cleanup'],
  BACKUP_COPY_REGION: ['cleanup'],
  BACKUP_COPY_KEY_ID: ['cleanup'],
  BACKUP_COPY_SECRET: ['cleanup'],
  API_KEYS: ['api'],
  TELEGRAM_BOT_TOKEN: ['api', 'notifier'],
  TELEGRAM_WEBHOOK_URL: ['api'],
  TELEGRAM_WEBHOOK_SECRET: ['api'],
  TELEGRAM_OIDC_CLIENT_ID: ['api'],
  TELEGRAM_OIDC_CLIENT_SECRET: ['api'],
  TELEGRAM_OIDC_ROOT: ['api'],
  PAYMENTS_URL: ['api'],
  PAYMENTS_SECRET: ['api'],
  PAYMENTS_WEBHOOK_SECRET: ['api'],
  SMTP_URL: ['api', 'notifier'],
  MAIL_FROM: ['api', 'notifier'],
  SMS_URL: ['notifier'],
  SMS_BODY: ['notifier'],
  SMS_TYPE: ['notifier'],
  SMS_AUTHORIZATION: ['notifier'],
  SMS_ACCEPTED: ['notifier'],
  SMS_LENGTH: ['notifier'],
  HEARTBEAT_URL: ['api'],
  OTEL_EXPORTER_OTLP_ENDPOINT: 'all',
  OTEL_EXPORTER_OTLP_HEADERS: 'all',
  ALERT_EMAILS: ['notifier'],
  ALERT_PHONES: ['notifier'],
  PUBLIC_URL: ['api', 'notifier'],
  PUSH_LOOPBACK: ['api', 'notifier'],
  VENDING_KEYS: ['api', 'vending'],
  VENDING_API_ROOT: ['vending'],
  VENDING_CALL_MS: ['vending'],
  HOST: ['api'],
  PORT: ['api'],
  TLS_CERT: ['api'],
  TLS_KEY: ['api'],
  TRUST_PROXY: ['api'],
  ALLOW_PLAIN_HTTP: ['api'],
};

/** Of the given settings those an app needs. */
export const settingsFor = (app: string, given: GivenSettings): GivenSettings =>
  Object.fromEntries(Object.entries(given).filter(([name]) => isFor(app, name)));

/** True when a setting goes to an app. */
function isFor(app: string, name: string): boolean {
  const apps = ONLY[name] ?? (isSecret.test(name) ? [] : 'all');
  return apps === 'all' || apps.includes(app);
}
