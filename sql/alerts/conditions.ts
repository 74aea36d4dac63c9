import type { AlertName } from '../notifications/messages/admins.ts';

/** How far an alarm goes (R36): `warning` to Telegram, `error` by e-mail as well, `critical` by SMS as well. */
export type Severity = 'warning' | 'error' | 'critical';

/** How bad each condition is; each has its paragraph in workers/fleet/RUNBOOK.md. */
export const severities: Record<AlertName, Severity> = {
  run_failed: 'error',
  deadline_missed: 'error',
  worker_down: 'critical',
  backup_missing: 'error',
  backup_unverified: 'warning',
  backup_uncopied: 'error',
  disk_low: 'critical',
  clock_skewed: 'error',
  connections_high: 'error',
  channel_down: 'error',
  service_unpaid: 'error',
  cannot_decrypt: 'error',
  vending_credentials: 'warning',
  vending_request_refused: 'warning',
};

/** Nobody has taken note of an alarm for so long: it goes one way further. */
export const UNANSWERED_SECONDS = 900;
