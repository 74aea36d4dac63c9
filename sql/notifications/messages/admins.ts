import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { count, message, nameOrNull, place } from './message.ts';

/** The fingerprint of the trouble, where a notice is about some; a button must be able to name it. */
const alert = { alert: z.string().max(58).optional() };
const ofAlert = (params: { alert?: string }) => (params.alert ? [`alert:${params.alert}`] : []);
const run = { run_id: z.int(), run_key: z.string() };

const vendingOwner = { owner_id: z.int(), owner: z.string() };

const conflict = z.object({
  ...place,
  reason: z.enum(['trainer_busy', 'room_busy']),
  trainer: z.string(),
  room: nameOrNull,
});
const waiting = z.object({ ...place, student_id: z.int(), student: nameOrNull, real_training_id: z.int() });

const unpaidRenewals = z.object({
  ...run,
  renewals: z.array(
    z.object({ subscription: z.string(), student: z.string(), student_id: z.int(), amount_minor: z.int(), due_date: day }),
  ),
});

/** Messages to the admins. */
export const adminMessages = {
  run_failed: message(z.object({ ...run, ...alert, attempt: z.int(), error: z.string() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  run_partial: message(z.object({ ...run, ...alert, conflicts: z.array(conflict) }), {
    kind: 'generation_digest',
    urgency: 'urgent',
  }),
  generation_overflow: message(z.object({ ...run, students: z.array(waiting) }), {
    kind: 'generation_digest',
    urgency: 'normal',
  }),
  deadline_missed: message(
    z.object({
      ...alert,
      schedule: z.string(),
      nominal_at: z.iso.datetime({ offset: true }),
      deadline_at: z.iso.datetime({ offset: true }),
      run_id: z.int().nullable(),
      status: z.enum(['queued', 'running', 'success', 'partial', 'error']).nullable(),
      /** Earlier ticks of the schedule that were missed as well. */
      more: count,
    }),
    { kind: null, urgency: 'urgent', subjects: ofAlert },
  ),
  worker_down: message(z.object({ ...alert, worker: z.string(), seconds: z.number().nonnegative() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  cleanup_partial: message(z.object({ ...run, failures: z.array(z.object({ operation: z.string(), error: z.string() })) }), {
    kind: null,
    urgency: 'urgent',
  }),
  books_not_square: message(
    z.object({
      run_id: z.int(),
      date: day,
      count: z.int(),
      findings: z.array(z.object({ rule: z.string(), id: z.int(), detail: z.string() })),
    }),
    { kind: null, urgency: 'urgent' },
  ),
  key_expiring: message(z.object({ name: z.string(), prefix: z.string().nullable(), expires_at: z.iso.datetime() }), {
    kind: null,
    urgency: 'normal',
  }),
  backup_missing: message(z.object({ ...alert, finished_at: z.iso.datetime().nullable(), error: z.string().nullable() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  backup_unverified: message(z.object({ ...alert, verified_at: z.iso.datetime().nullable(), error: z.string().nullable() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  backup_uncopied: message(z.object({ ...alert, finished_at: z.iso.datetime(), copied_at: z.iso.datetime().nullable() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  disk_low: message(z.object({ ...alert, folder: z.enum(['data', 'backups']), percent: z.number(), free_bytes: z.int() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  clock_skewed: message(z.object({ ...alert, host: z.string(), skew_ms: z.int() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  connections_high: message(z.object({ ...alert, used: z.int(), most: z.int() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  channel_down: message(z.object({ ...alert, channel: z.enum(['telegram', 'email']), error: z.string() }), {
    kind: null,
    urgency: 'urgent',
    subjects: ofAlert,
  }),
  backup_shrunk: message(z.object({ file: z.string(), bytes: z.int(), previous: z.int() }), { kind: null, urgency: 'urgent' }),
  service_unpaid: message(z.object({ ...alert, service: z.string() }), { kind: null, urgency: 'urgent', subjects: ofAlert }),
  cannot_decrypt: message(z.object({ ...alert, ...vendingOwner }), { kind: null, urgency: 'urgent', subjects: ofAlert }),
  vending_credentials: message(z.object({ ...alert, ...vendingOwner, needs_code: z.boolean() }), {
    kind: null,
    urgency: 'normal',
    subjects: ofAlert,
  }),
  vending_request_refused: message(z.object({ ...alert, ...vendingOwner, status: z.int() }), {
    kind: null,
    urgency: 'normal',
    subjects: ofAlert,
  }),
  renewal_lapsed_admin: message(unpaidRenewals, { kind: null, urgency: 'urgent' }),
  renewal_previous_unpaid_admin: message(unpaidRenewals, { kind: null, urgency: 'urgent' }),
  schedule_digest: message(
    z.object({
      places: z.array(
        z.object({
          location: nameOrNull,
          created: z.object({ count: z.int(), from: day, to: day }).nullable(),
          changes: z.array(
            z.object({
              ...place,
              change: z.enum(['cancelled', 'moved', 'room', 'trainer', 'places']),
              was: z.looseObject({
                training_date: day.optional(),
                start_time: z.string().optional(),
                max_participants: z.int().optional(),
              }),
              room: nameOrNull,
              trainer: z.string(),
              max_participants: z.int(),
            }),
          ),
        }),
      ),
    }),
    { kind: 'schedule_digest', urgency: 'digest' },
  ),
  rights_changed: message(
    z.object({
      user_id: z.int(),
      name: z.string(),
      change: z.enum(['granted', 'revoked', 'telegram', 'confirmed', 'withdrawn']),
      /** Which role it is about; an earlier version did not say. */
      role: z.enum(['admin', 'owner']).default('admin'),
      /** Telegram accounts before and after; null: none. */
      was: z.int().nullable(),
      now: z.int().nullable(),
      /** Whether the Telegram account there is now may command the bot. */
      commands: z.boolean(),
    }),
    { kind: null, urgency: 'urgent', subjects: (params) => [`rights:${params.user_id}`] },
  ),
};

/** Names of the troubles that can be sent as alerts. */
export const alertNames = [
  'run_failed',
  'deadline_missed',
  'worker_down',
  'backup_missing',
  'backup_unverified',
  'backup_uncopied',
  'disk_low',
  'clock_skewed',
  'connections_high',
  'channel_down',
  'service_unpaid',
  'cannot_decrypt',
  'vending_credentials',
  'vending_request_refused',
] as const satisfies (keyof typeof adminMessages)[];
export type AlertName = (typeof alertNames)[number];

const told = z.object({
  ...alert,
  of: z.object({ template: z.enum(alertNames), params: z.record(z.string(), z.unknown()) }),
  since: z.iso.datetime(),
  at: z.iso.datetime(),
  count: z.int(),
});
/** What is sent about trouble after the first time. */
export const alertMessages = {
  alert_again: message(told, { kind: null, urgency: 'urgent', subjects: ofAlert, supersedes: ['alert_again'] }),
  alert_over: message(told, { kind: null, urgency: 'urgent', subjects: ofAlert, supersedes: ['alert_again'] }),
};

/** What a chat is sent that asked for it. */
export const chatMessages = {
  run_ended: message(
    z.object({
      id: z.int(),
      process_type: z.string(),
      process_date: day,
      status: z.enum(['success', 'partial', 'error']),
      error_message: nameOrNull,
      seconds: z.number().nullable(),
      trainings_processed: count,
      students_processed: count,
      students_added: count,
      sessions_deducted: count,
      invoices_created: count,
    }),
    { kind: null, urgency: 'urgent' },
  ),
};
