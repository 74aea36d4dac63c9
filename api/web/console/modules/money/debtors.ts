/** A row of the report of debtors. */
export type Debtor = {
  payer_id: number;
  payer: string;
  invoices: number;
  owed_minor: number;
  days_1_7_minor: number;
  days_8_30_minor: number;
  days_over_30_minor: number;
  oldest_days: number;
};

export const AGES = ['days_1_7', 'days_8_30', 'days_over_30'] as const;

/** What somebody owes of an age; null: whatever its age. */
export const owedOfAge = (debtor: Debtor, age: (typeof AGES)[number] | null): number =>
  age === null ? debtor.owed_minor : debtor[`${age}_minor`];
