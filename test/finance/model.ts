/**
 * The rules of money (D12 to D21) once more, slowly and plainly: objects in lists, one row at a time. The property tests
 * drive this and the database with the same steps and compare.
 */
export type Training = {
  id: number;
  date: string;
  startsAt: number;
  price: number;
  places: number;
  status: string;
  processed: boolean;
};
export type Seat = { student: number; training: number; status: string; charge: Charge | null; isDecided: boolean };
type Charge = { kind: 'session'; subscription: number } | { kind: 'invoice'; invoice: Invoice };
export type Subscription = {
  id: number;
  student: number;
  start: string;
  end: string;
  left: number | null;
  frozen: [string, string] | null;
};
export type Invoice = {
  n: number;
  payer: number;
  amount: number;
  status: 'UNPAID' | 'PAID' | 'CANCELLED';
  type: 'TRAINING' | 'LATE_CANCELLATION_FEE' | 'SUBSCRIPTION';
};
export type Payment = { id: number; payer: number; amount: number; isCancelled: boolean };

const HOUR = 3_600_000;
const nextDay = (date: string) => new Date(Date.parse(date) + 24 * HOUR).toISOString().slice(0, 10);

export class Model {
  payerOf = new Map<number, number>();
  trainings: Training[] = [];
  seats: Seat[] = [];
  subscriptions: Subscription[] = [];
  invoices: Invoice[] = [];
  payments: Payment[] = [];
  balance = new Map<number, number>();

  seat(training: number, student: number) {
    return this.seats.find((seat) => seat.training === training && seat.student === student);
  }
  training(id: number) {
    return this.trainings.find((training) => training.id === id) as Training;
  }

  /** D11. */
  attend(date: string) {
    for (const training of this.trainings.filter((training) => training.status !== 'cancelled' && training.date <= date)) {
      training.status = 'completed';
      for (const seat of this.seats.filter((seat) => seat.training === training.id && seat.status === 'REGISTERED')) {
        seat.status = 'PRESENT';
      }
    }
  }

  /** The night of a date: everything due up to the next day, the earliest training first. */
  night(date: string) {
    const due = this.seats
      .filter((seat) => !seat.isDecided && ['REGISTERED', 'PRESENT', 'ABSENT'].includes(seat.status))
      .filter((seat) => this.training(seat.training).status !== 'cancelled' && this.training(seat.training).date <= nextDay(date))
      .sort(
        (a, b) =>
          this.training(a.training).startsAt - this.training(b.training).startsAt ||
          this.seats.indexOf(a) - this.seats.indexOf(b),
      );
    for (const seat of due) this.charge(seat);
    for (const payer of this.balance.keys()) this.settle(payer);
    for (const training of this.trainings) {
      if (training.status !== 'cancelled' && training.date <= nextDay(date)) training.processed = true;
    }
  }

  /** D13, D14. */
  charge(seat: Seat, type: Invoice['type'] = 'TRAINING') {
    const { date, price } = this.training(seat.training);
    const usable = this.subscriptions
      .filter((held) => held.student === seat.student && held.start <= date && date <= held.end)
      .filter((held) => !(held.frozen && held.frozen[0] <= date && date <= held.frozen[1]))
      .filter((held) => held.left === null || held.left > 0)
      .sort((a, b) => Number(b.left === null) - Number(a.left === null) || a.end.localeCompare(b.end) || a.id - b.id);
    const [held] = usable;
    seat.isDecided = true;
    if (held) {
      if (held.left !== null) held.left -= 1;
      seat.charge = { kind: 'session', subscription: held.id };
    } else if (price > 0) {
      const payer = this.payerOf.get(seat.student) as number;
      const invoice: Invoice = { n: this.invoices.length, payer, amount: price, status: 'UNPAID', type };
      this.invoices.push(invoice);
      seat.charge = { kind: 'invoice', invoice };
    }
  }

  /** D15: oldest first, whole ones, up to the first that is too much. */
  settle(payer: number) {
    for (const invoice of this.invoices.filter((invoice) => invoice.payer === payer && invoice.status === 'UNPAID')) {
      if (invoice.amount > this.money(payer)) return;
      this.move(payer, -invoice.amount);
      invoice.status = 'PAID';
    }
  }

  /** D18. Returns the payer of the invoice that was given back, whose money then settles what else is owed. */
  giveBack(seat: Seat): number | null {
    const { charge } = seat;
    if (charge?.kind === 'session') {
      const held = this.subscriptions.find((one) => one.id === charge.subscription) as Subscription;
      if (held.left !== null) held.left += 1;
    }
    seat.charge = null;
    seat.isDecided = false;
    return charge?.kind === 'invoice' ? this.cancelInvoice(charge.invoice) : null;
  }

  /** What was paid goes back to the wallet. Returns its payer; null when it was cancelled before. */
  cancelInvoice(invoice: Invoice): number | null {
    if (invoice.status === 'CANCELLED') return null;
    if (invoice.status === 'PAID') this.move(invoice.payer, invoice.amount);
    invoice.status = 'CANCELLED';
    return invoice.payer;
  }

  /** An admin waives an invoice; its registration stays decided. */
  waive(invoice: Invoice) {
    const payer = this.cancelInvoice(invoice);
    if (payer !== null) this.settle(payer);
  }

  /** D17. Returns what the route answers. */
  cancelSeat(trainingId: number, student: number, at: number): string {
    const seat = this.seat(trainingId, student);
    const training = this.trainings.find((training) => training.id === trainingId);
    if (!seat || !training) return 'refused';
    if (seat.status === 'CANCELLED_SAFE' || seat.status === 'ABSENT') return training.status === 'cancelled' ? 'over' : 'again';
    if (training.status === 'cancelled' || at >= training.startsAt) return 'refused';
    if (training.startsAt - at >= 12 * HOUR) {
      const payer = this.giveBack(seat);
      seat.status = 'CANCELLED_SAFE';
      if (payer !== null) this.settle(payer);
      return 'safe';
    }
    if (!seat.isDecided) {
      this.charge(seat, 'LATE_CANCELLATION_FEE');
      this.settle(this.payerOf.get(student) as number);
    }
    seat.status = 'ABSENT';
    return 'late';
  }

  /** D19. */
  cancelTraining(id: number, at: number): string {
    const training = this.training(id);
    if (training.status === 'cancelled') return 'again';
    if (at >= training.startsAt) return 'refused';
    const payers = new Set<number>();
    for (const seat of this.seats.filter((seat) => seat.training === id && seat.status !== 'CANCELLED_SAFE')) {
      const payer = this.giveBack(seat);
      if (payer !== null) payers.add(payer);
      seat.status = 'CANCELLED_SAFE';
    }
    for (const payer of payers) this.settle(payer);
    training.status = 'cancelled';
    return 'done';
  }

  add(trainingId: number, student: number, at: number): string {
    const training = this.training(trainingId);
    const taken = this.seats.filter((seat) => seat.training === trainingId && seat.status !== 'CANCELLED_SAFE');
    if (training.status === 'cancelled' || at >= training.startsAt) return 'refused';
    if (taken.some((seat) => seat.student === student) || taken.length >= training.places) return 'refused';
    const elsewhere = this.seats
      .filter(
        (seat) => seat.student === student && seat.training !== trainingId && ['REGISTERED', 'PRESENT'].includes(seat.status),
      )
      .map((seat) => this.training(seat.training));
    if (elsewhere.some((other) => other.status !== 'cancelled' && other.startsAt === training.startsAt)) return 'refused';
    let seat = this.seat(trainingId, student);
    if (!seat) {
      seat = { student, training: trainingId, status: 'REGISTERED', charge: null, isDecided: false };
      this.seats.push(seat);
    }
    seat.status = 'REGISTERED';
    if (training.processed) {
      this.charge(seat);
      this.settle(this.payerOf.get(student) as number);
    }
    return 'done';
  }

  pay(payer: number, amount: number, id: number) {
    this.payments.push({ id, payer, amount, isCancelled: false });
    this.move(payer, amount);
    this.settle(payer);
  }

  /** D21. */
  takeBack(payment: Payment) {
    if (payment.isCancelled) return;
    payment.isCancelled = true;
    const { payer, amount } = payment;
    let missing = amount - this.money(payer);
    for (const invoice of this.invoices.filter((invoice) => invoice.payer === payer && invoice.status === 'PAID').reverse()) {
      if (missing <= 0) break;
      invoice.status = 'UNPAID';
      this.move(payer, invoice.amount);
      missing -= invoice.amount;
    }
    this.move(payer, -Math.min(amount, this.money(payer)));
  }

  money(payer: number) {
    return this.balance.get(payer) ?? 0;
  }
  move(payer: number, amount: number) {
    this.balance.set(payer, this.money(payer) + amount);
  }
}
