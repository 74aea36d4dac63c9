/** What a dry run's answer counts and a page can name; further counts of it are left out. */
export const WOULD = [
  'created_count',
  'trainings_processed',
  'students_added',
  'students_marked_present',
  'sessions_deducted',
  'invoices_created',
  'auto_payments',
  'renewals_processed',
  'unfrozen',
  'subscriptions_expired',
  'sessions_expired',
  'bookings_completed',
  'deleted',
  'conflicts',
] as const;
type Would = (typeof WOULD)[number];

/**
 * What a process would do, by counts above zero, from the answer of its dry run: those of its parts are summed, but for trainings,
 * which its parts go through one after the other; a list of subscriptions is how many were unfrozen; deleted rows of all kinds are one count.
 */
export function wouldDo(answer: unknown): { name: Would; count: number }[] {
  const counts = new Map<string, number>();
  const note = (name: string, count: number) =>
    counts.set(name, name === 'trainings_processed' ? Math.max(counts.get(name) ?? 0, count) : (counts.get(name) ?? 0) + count);
  if (Array.isArray(answer)) note('unfrozen', answer.length);
  else read(answer as Record<string, unknown>, note);
  return WOULD.flatMap((name) => ((counts.get(name) ?? 0) > 0 ? [{ name, count: counts.get(name) as number }] : []));
}

function read(part: Record<string, unknown>, note: (name: string, count: number) => void) {
  for (const [name, value] of Object.entries(part)) {
    if (typeof value === 'number') note(name.endsWith('_deleted') ? 'deleted' : name, value);
    else if (name === 'conflicts' && Array.isArray(value)) note(name, value.length);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) read(value as Record<string, unknown>, note);
  }
}
