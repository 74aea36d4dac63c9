/** The kinds of messages that a studio, or a person, can switch off, and the templates that are of each. */
export const kinds = {
  training_created: ['training_created'],
  training_changed: ['training_changed'],
  training_cancelled: ['training_cancelled'],
  participation: ['participation_cancelled', 'training_joined'],
  training_reminder: ['training_reminder'],
  missed_classes: ['missed_classes'],
  payment_reminder: ['payment_reminder'],
  belt_exam: ['belt_exam'],
  subscription: [
    'subscription_last_session',
    'subscription_ending',
    'subscription_renewed',
    'subscription_frozen',
    'subscription_unfrozen',
    'subscription_expired',
  ],
  renewal_reminder: ['renewal_unpaid', 'renewal_lapsed', 'renewal_previous_unpaid'],
  booking: ['booking_confirmed', 'booking_moved', 'booking_given_away', 'booking_cancelled'],
  booking_reminder: ['booking_reminder'],
  schedule_digest: ['schedule_digest'],
  generation_digest: ['run_partial', 'generation_overflow'],
} as const satisfies Record<string, readonly string[]>;
export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as Kind[];

/** The kind of a template; null for what cannot be switched off: alarms, and the answers of the bot. */
export const kindOf = (template: string): Kind | null =>
  kindNames.find((kind) => (kinds[kind] as readonly string[]).includes(template)) ?? null;
