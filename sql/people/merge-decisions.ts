/**
 * What becomes of a reference to somebody who is merged into another one:
 * - `moves`: the rows are the kept one's from then on;
 * - `moves_alone`: they move where the kept one has none alike (`alike`: the columns besides, none: at most one a person), the others
 *   go, or stay with `otherwise`;
 * - `carried`: an append-only ledger, which is not rewritten: what counts is entered anew for the kept one, the past stays and is read
 *   through `who_were`;
 * - `stays`: it says something of the past, and is read through `who_were`;
 * - `goes`: it is of no use any more;
 * - `refused`: only somebody who works here has such rows, and whoever works here is the one who is kept;
 * - `by_hand`: a statement of its own decides row by row.
 */
export type ReferenceDecision =
  | { what: 'moves' | 'carried' | 'stays' | 'goes' | 'refused' | 'by_hand' }
  | { what: 'moves_alone'; alike: readonly string[]; otherwise: 'goes' | 'stays' };

const moves = { what: 'moves' } as const;
const carried = { what: 'carried' } as const;
const stays = { what: 'stays' } as const;
const goes = { what: 'goes' } as const;
const refused = { what: 'refused' } as const;
const byHand = { what: 'by_hand' } as const;
const alone = (otherwise: 'goes' | 'stays', ...alike: string[]) => ({ what: 'moves_alone', alike, otherwise }) as const;

/**
 * Every reference to a person, a student, a specialist or a wallet, in the order in which they are taken; a test reads the database and
 * fails on one that nobody has decided about.
 */
export const references: Readonly<Record<string, ReferenceDecision>> = {
  // First of all, for what follows refers to the kept one as a student.
  'students.id': byHand,
  'admin_tasks.user_id': byHand,
  'person_notes.user_id': moves,
  'studio_news.user_id': moves,
  'consents.user_id': byHand,
  'notifications.user_id': byHand,
  'notification_preferences.user_id': alone('goes', 'kind'),
  'child_notifications.reader_id': alone('goes', 'student_id'),
  'child_notifications.student_id': alone('goes', 'reader_id'),
  'students.payer_id': byHand,
  'guardians.guardian_id': alone('goes', 'student_id'),
  'guardians.student_id': alone('goes', 'guardian_id'),

  'registrations.user_id': moves,
  'push_subscriptions.user_id': moves,
  'passwords.user_id': byHand,
  'totp_secrets.user_id': byHand,
  'sessions.user_id': byHand,
  'sign_in_links.user_id': goes,
  'telegram_links.user_id': goes,
  'demo_links.user_id': goes,
  'check_in_codes.user_id': goes,
  'user_roles.user_id': stays,
  // The kept one's feed is read by both links.
  'calendar_links.user_id': alone('stays'),
  'calendar_entries.user_id': byHand,

  'training_student_templates.student_id': alone('goes', 'training_template_id'),
  'group_members.student_id': byHand,
  'real_training_students.student_id': byHand,
  'trials.student_id': alone('stays', 'program'),
  'finance_requests.student_id': moves,
  'student_subscriptions.student_id': moves,
  'belt_exams.student_id': moves,
  'belt_awards.student_id': carried,
  'belt_deferrals.student_id': alone('goes', 'program'),
  'belt_steps_told.student_id': alone('goes', 'belt_id', 'stripes'),

  'bookings.client_id': byHand,
  'bookings.payer_id': moves,
  'client_discounts.client_id': moves,
  'client_packages.client_id': moves,
  'invoices.payer_id': moves,
  'invoices.student_id': moves,
  'payments.payer_id': moves,
  'payment_orders.payer_id': moves,
  'payment_refunds.payer_id': stays,
  'wallet_transactions.user_id': carried,
  'wallets.user_id': stays,

  'users.merged_into': moves,
  'merges.merged_id': stays,
  'merges.kept_id': stays,
  // Who took or gave money stays who it was.
  'payments.person_id': stays,
  'payment_refunds.person_id': stays,
  'pay_payouts.person_id': stays,
  'erasures.user_id': refused,

  'specialists.id': refused,
  'absence_decisions.trainer_id': refused,
  'belt_exams.examiner_id': refused,
  'bookings.specialist_id': refused,
  'calendar_overrides.specialist_id': refused,
  'groups.trainer_id': refused,
  'pay_payouts.trainer_id': refused,
  'pay_rates.trainer_id': refused,
  'pay_sheets.trainer_id': refused,
  'real_trainings.regular_trainer_id': refused,
  'real_trainings.trainer_id': refused,
  'site_holds.asked_specialist_id': refused,
  'slot_changes.specialist_id': refused,
  'specialist_absences.specialist_id': refused,
  'specialist_services.specialist_id': refused,
  'training_templates.trainer_id': refused,
  'bot_commanders.user_id': refused,
  'vending_owners.user_id': refused,
  'vending_tasks.assignee_id': refused,
  'vending_terminals.assignee_id': refused,
};
