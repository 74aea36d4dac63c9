type Fact =
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
  | 'completed'
  | 'findings'
  | 'days';

/** What the dry run of a process tells, and where its answer has it. */
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
  cleanup: { expired: 'subscriptions_expired', completed: 'bookings_completed', findings: 'audit_findings' },
  stats: { days: 'days_written' },
};

/** Whether a process can say beforehand what it would do. */
export const isDry = (process: string) => process in FACTS;

/** What it would do, a count a fact. */
export const wouldBe = (process: string, answer: unknown) =>
  Object.entries(FACTS[process] ?? {}).map(
    ([fact, place]) =>
      [fact as Fact, place.split('.').reduce((part, name) => (part as Record<string, unknown>)[name], answer)] as const,
  );
