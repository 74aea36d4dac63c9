/** What trainers are paid, computed one row at a time from plain rows: slow, and unlike the statement it is compared with. */
export type Row = Record<string, unknown>;
export type Tables = Record<
  'real_trainings' | 'real_training_students' | 'pay_rates' | 'invoices' | 'session_entries' | 'student_subscriptions',
  Row[]
>;
/** Amounts by source: `head 17`, `month 202611`. */
export type Wages = Map<string, number>;

const n = (value: unknown) => Number(value ?? 0);
const halfUp = (whole: number, parts: number) => Math.floor((2 * whole + parts) / (2 * parts));

export class SlowPay {
  private readonly tables: Tables;
  private readonly days: Map<unknown, string>;
  constructor(tables: Tables, zone: string) {
    this.tables = tables;
    const shown = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
    this.days = new Map(tables.real_trainings.map(({ id, starts_at }) => [id, shown.format(new Date(String(starts_at)))]));
  }

  private inForce(trainer: number, type: number | null, day: string): Row | undefined {
    const cards = this.tables.pay_rates
      .filter((card) => card.trainer_id === trainer && card.training_type_id === type && String(card.valid_from) <= day)
      .sort((a, b) => String(a.valid_from).localeCompare(String(b.valid_from)) || n(a.id) - n(b.id));
    const last = cards.at(-1);
    const amounts = [last?.training_minor, last?.head_minor, last?.percent_bp, last?.month_minor];
    return amounts.some((amount) => amount !== null && amount !== undefined) ? last : undefined;
  }

  private worthOf(seat: Row): number {
    if (seat.invoice_id !== null) {
      const bill = this.tables.invoices.find(({ id }) => id === seat.invoice_id);
      return bill?.status === 'CANCELLED' ? 0 : n(bill?.amount_minor);
    }
    if (seat.session_entry_id === null) return 0;
    const entry = this.tables.session_entries.find(({ id }) => id === seat.session_entry_id);
    const held = this.tables.student_subscriptions.find(({ id }) => id === entry?.student_subscription_id);
    const bills = this.tables.invoices
      .filter((bill) => bill.student_subscription_id === held?.id)
      .sort((a, b) => n(a.id) - n(b.id));
    if (!bills.some(({ status }) => status !== 'CANCELLED')) return 0;
    const granted = this.tables.session_entries
      .filter((one) => one.student_subscription_id === held?.id && (one.reason === 'granted' || one.reason === 'adjustment'))
      .reduce((sum, one) => sum + n(one.delta), 0);
    const parts = held?.sessions_left === null ? n(held?.term_days) : granted;
    return parts > 0 ? halfUp(n(bills[0]?.amount_minor), parts) : 0;
  }

  /** @param month `YYYY-MM` */
  wages(trainer: number, month: string): Wages {
    const found: Wages = new Map();
    const enter = (key: string, amount: number) => amount > 0 && found.set(key, amount);
    for (const training of this.tables.real_trainings) {
      const day = this.days.get(training.id) as string;
      if (training.trainer_id !== trainer || training.status !== 'completed' || day.slice(0, 7) !== month) continue;
      const card = this.inForce(trainer, n(training.training_type_id), day) ?? this.inForce(trainer, null, day);
      if (!card) continue;
      const seats = this.tables.real_training_students.filter((seat) => seat.real_training_id === training.id);
      enter(`training ${training.id}`, n(card.training_minor));
      enter(`head ${training.id}`, seats.filter(({ status }) => status === 'PRESENT').length * n(card.head_minor));
      const base = seats.reduce((sum, seat) => sum + this.worthOf(seat), 0);
      enter(`percent ${training.id}`, halfUp(base * n(card.percent_bp), 10_000));
    }
    const length = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
    let paid = 0;
    for (let day = 1; day <= length; day += 1)
      paid += n(this.inForce(trainer, null, `${month}-${String(day).padStart(2, '0')}`)?.month_minor);
    enter(`month ${month.replace('-', '')}`, halfUp(paid, length));
    return found;
  }
}

/** Who was paid what, as sheets are closed one after another. */
export class SlowLedger {
  private readonly closed = new Map<number, string[]>();
  private readonly paid = new Map<number, Wages>();
  private begun: string | null = null;

  private nextOf(trainer: number) {
    const last = this.closed.get(trainer)?.at(-1);
    return last === undefined ? this.begun : after(last);
  }

  /** The lines of a month that is not closed, corrections as `again head 17`. */
  due(slow: SlowPay, trainer: number, month: string): Wages {
    const next = this.nextOf(trainer);
    if (next !== null && month < next) return new Map();
    const due = slow.wages(trainer, month);
    if (next !== month || this.begun === null) return due;
    const now: Wages = new Map();
    for (let past = this.begun; past < next; past = after(past))
      for (const [key, amount] of slow.wages(trainer, past)) now.set(key, (now.get(key) ?? 0) + amount);
    const before = this.paid.get(trainer) ?? new Map();
    for (const key of new Set([...now.keys(), ...before.keys()])) {
      const differs = (now.get(key) ?? 0) - (before.get(key) ?? 0);
      if (differs !== 0) due.set(`again ${key}`, differs);
    }
    return due;
  }

  /** The first month before this one, and not before the next to be closed, in which something is not paid yet. */
  waitsFor(slow: SlowPay, trainer: number, month: string): string | null {
    for (let open = this.nextOf(trainer) ?? month; open < month; open = after(open))
      if (this.due(slow, trainer, open).size > 0) return open;
    return null;
  }

  close(trainer: number, month: string, due: Wages) {
    const own = this.paid.get(trainer) ?? new Map<string, number>();
    for (const [key, amount] of due) own.set(key.replace('again ', ''), (own.get(key.replace('again ', '')) ?? 0) + amount);
    this.paid.set(trainer, own);
    this.closed.set(trainer, [...(this.closed.get(trainer) ?? []), month]);
    if (this.begun === null || month < this.begun) this.begun = month;
  }
}

export const after = (month: string) => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
};
