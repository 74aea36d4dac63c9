export type Fact =
  | 'trainings'
  | 'places'
  | 'conflicts'
  | 'present'
  | 'sessions'
  | 'invoices'
  | 'paid'
  | 'renewed'
  | 'unfrozen'
  | 'expired'
  | 'lapsed'
  | 'completed'
  | 'deleted'
  | 'findings'
  | 'days';

/** What the dry run of a process tells, and where its answer has it: the steps to a count; `*_deleted` is the sum of all that ends so. */
export const FACTS: Readonly<Record<string, Readonly<Partial<Record<Fact, string>>>>> = {
  generation: { trainings: 'created_count', places: 'students_added', conflicts: 'conflicts.length' },
  daily: {
    present: 'attendance_processing.students_marked_present',
    sessions: 'finance_processing.sessions_deducted',
    invoices: 'finance_processing.invoices_created',
    paid: 'finance_processing.auto_payments',
  },
  auto_renewal: { renewed: 'renewals_processed' },
  auto_unfreeze: { unfrozen: 'length' },
  cleanup: {
    expired: 'subscriptions_expired',
    lapsed: 'sessions_expired',
    completed: 'bookings_completed',
    deleted: '*_deleted',
    findings: 'audit_findings',
  },
  stats: { days: 'days_written' },
};

/** Whether a process can say beforehand what it would do. */
export const isDry = (process: string) => process in FACTS;

/** What a process would do, from the answer of its dry run: a count a fact, those of nought as well. */
export const wouldBe = (process: string, answer: unknown) =>
  Object.entries(FACTS[process] ?? {}).map(
    ([fact, place]) => [fact as Fact, Number(place.split('.').reduce(inside, answer))] as const,
  );

function inside(part: unknown, step: string): unknown {
  const fields = part as Record<string, unknown>;
  if (!step.startsWith('*')) return fields[step];
  return Object.entries(fields).reduce((sum, [name, count]) => sum + (name.endsWith(step.slice(1)) ? Number(count) : 0), 0);
}
