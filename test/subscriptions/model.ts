import { type Invoice, Model, type Seat, type Subscription } from '../finance/model.ts';

/**
 * The rules of subscriptions (D23 to D27) once more, slowly and plainly, on top of the model of money. Days are whole numbers
 * here, so that nothing of the calendar is shared with what is tested.
 */
export type Item = { id: number; price: number; sessions: number | null; days: number; isActive: boolean };
export type Held = Subscription & {
  item: Item;
  first: number;
  last: number;
  status: 'active' | 'frozen' | 'expired' | 'cancelled';
  freeze: [number, number] | null;
  autoRenew: boolean;
  renewedFrom: number | null;
  transferred: number;
  lost: number;
};
type Bill = Invoice & { held?: number };

export class ClubModel extends Model {
  override subscriptions: Held[] = [];
  override invoices: Bill[] = [];
  items: Item[] = [];
  day: (n: number) => string;
  constructor(day: (n: number) => string) {
    super();
    this.day = day;
  }

  held(id: number) {
    return this.subscriptions.find((one) => one.id === id) as Held;
  }
  heir(held: Held) {
    return this.subscriptions.find((one) => one.renewedFrom === held.id);
  }
  isLive(held: Held) {
    return held.status === 'active' || held.status === 'frozen';
  }
  move_(held: Held, first: number, last: number, freeze: [number, number] | null) {
    Object.assign(held, { first, last, freeze, start: this.day(first), end: this.day(last) });
    held.frozen = freeze && [this.day(freeze[0]), this.day(freeze[1])];
  }

  /** D23. */
  buy(id: number, student: number, item: Item, first: number, autoRenew: boolean) {
    this.add_(id, student, item, first, autoRenew, null, 0);
    this.bill(id, student, item.price);
    this.settle(this.payerOf.get(student) as number);
  }
  private add_(id: number, student: number, item: Item, first: number, autoRenew: boolean, from: number | null, carried: number) {
    const held = { id, student, item, autoRenew, renewedFrom: from, transferred: carried, lost: 0, status: 'active' } as Held;
    held.left = item.sessions === null ? null : item.sessions + carried;
    this.move_(held, first, first + item.days - 1, null);
    this.subscriptions.push(held);
  }
  private bill(held: number, student: number, amount: number) {
    const payer = this.payerOf.get(student) as number;
    if (amount > 0) this.invoices.push({ n: this.invoices.length, payer, amount, status: 'UNPAID', type: 'SUBSCRIPTION', held });
  }

  /** D13 knows nothing of cancelled ones. */
  override charge(seat: Seat, type?: Invoice['type']) {
    const all = this.subscriptions;
    this.subscriptions = all.filter((held) => held.status !== 'cancelled');
    super.charge(seat, type);
    this.subscriptions = all;
  }

  /** D18: to the one it came from, or to its live successor if that one has expired. */
  override giveBack(seat: Seat): number | null {
    if (seat.charge?.kind === 'session') {
      const origin = this.held(seat.charge.subscription);
      let target: Held | undefined = origin;
      while (target?.status === 'expired') target = this.heir(target);
      seat.charge.subscription = (target && this.isLive(target) ? target : origin).id;
    }
    return super.giveBack(seat);
  }

  /** D24, for a day; `idOf` says under which number a renewal stands in the book. */
  renew(date: number, idOf: (old: number) => number) {
    const due = this.subscriptions
      .filter((held) => held.autoRenew && held.status !== 'cancelled' && held.last <= date && held.last >= date - 7)
      .filter((held) => !this.heir(held) && held.item.isActive)
      .filter((held) => !held.freeze || date < held.freeze[0] || date > held.freeze[1])
      .sort((a, b) => a.id - b.id);
    for (const old of due) {
      const { item, student } = old;
      const unused = old.left === null || item.sessions === null ? 0 : old.left + (old.status === 'expired' ? old.lost : 0);
      const carried = Math.min(3, unused);
      const revived = Math.max(0, carried - (old.left ?? 0));
      if (old.left !== null) old.left -= carried - revived;
      old.lost -= revived;
      const id = idOf(old.id);
      this.add_(id, student, item, Math.max(old.last + 1, date), true, old.id, carried);
      this.bill(id, student, item.price);
    }
    for (const payer of new Set(due.map((held) => this.payerOf.get(held.student) as number))) this.settle(payer);
    return due.length;
  }

  /** D25. Returns false where it is refused. */
  freeze(held: Held, from: number, to: number, today: number): boolean {
    if (!this.isLive(held) || this.heir(held)) return false;
    if (to < from || from < today || from < held.first || from > held.last) return false;
    if (held.freeze && held.freeze[1] >= today) return false;
    this.move_(held, held.first, held.last + (to - from + 1), [from, to]);
    held.status = from <= today ? 'frozen' : 'active';
    const payers = new Set<number>();
    for (const seat of this.seats) {
      const training = this.training(seat.training);
      if (seat.student !== held.student || !['REGISTERED', 'PRESENT'].includes(seat.status)) continue;
      if (training.status !== 'scheduled' || training.date < this.day(from) || training.date > this.day(to)) continue;
      if (seat.charge?.kind === 'invoice' && seat.charge.invoice.status !== 'CANCELLED') payers.add(seat.charge.invoice.payer);
      this.giveBack(seat);
      seat.status = 'CANCELLED_SAFE';
    }
    for (const payer of payers) this.settle(payer);
    return true;
  }

  unfreeze(held: Held, today: number): boolean {
    if (!this.isLive(held) || !held.freeze) return false;
    const unused = Math.max(0, held.freeze[1] - Math.max(held.freeze[0], today) + 1);
    this.move_(held, held.first, held.last - unused, null);
    held.status = 'active';
    return true;
  }

  /** D26, for a day. */
  thaw(date: number) {
    for (const held of this.subscriptions.filter((one) => this.isLive(one))) {
      if (held.freeze && held.freeze[1] < date) {
        this.move_(held, held.first, held.last, null);
        held.status = 'active';
      }
      if (held.freeze && held.freeze[0] <= date && date <= held.freeze[1]) held.status = 'frozen';
    }
  }

  /** D27, for a day: what is over and not needed any more. */
  expire(date: number) {
    const over = this.subscriptions.filter((held) => this.isLive(held) && held.last < date && !this.isNeeded(held, date));
    for (const held of over) {
      held.status = 'expired';
      if (held.left !== null) {
        held.lost += held.left;
        held.left = 0;
      }
    }
  }
  private isNeeded(held: Held, date: number): boolean {
    if (!held.left) return false;
    const isUndecided = this.seats.some((seat) => {
      const training = this.training(seat.training);
      if (seat.student !== held.student || seat.isDecided || !['REGISTERED', 'PRESENT', 'ABSENT'].includes(seat.status))
        return false;
      if (training.status === 'cancelled' || training.date < held.start || training.date > held.end) return false;
      return !(held.frozen && held.frozen[0] <= training.date && training.date <= held.frozen[1]);
    });
    return isUndecided || (held.autoRenew && held.last > date - 7 && held.item.isActive && !this.heir(held));
  }

  paidFor(held: Held) {
    return this.invoices
      .filter((bill) => bill.held === held.id && bill.status === 'PAID')
      .reduce((sum, bill) => sum + bill.amount, 0);
  }

  /** Cancelling with a refund, from the newest invoice on; what is kept of one is invoiced and paid anew. */
  cancel(held: Held, refund: number): boolean {
    if (!this.isLive(held) || refund > this.paidFor(held)) return false;
    if (held.left !== null) held.left = 0;
    this.move_(held, held.first, held.last, null);
    held.status = 'cancelled';
    const bills = this.invoices.filter((bill) => bill.held === held.id && bill.status !== 'CANCELLED');
    for (const bill of bills.filter((one) => one.status === 'UNPAID')) bill.status = 'CANCELLED';
    let rest = refund;
    for (const bill of bills.filter((one) => one.status === 'PAID').reverse()) {
      if (rest === 0) break;
      const back = Math.min(rest, bill.amount);
      rest -= back;
      bill.status = 'CANCELLED';
      this.move(bill.payer, back);
      if (back < bill.amount) {
        const kept = bill.amount - back;
        const { type } = bill;
        this.invoices.push({ n: this.invoices.length, payer: bill.payer, amount: kept, status: 'PAID', type, held: held.id });
      }
    }
    for (const payer of new Set(bills.map((bill) => bill.payer))) this.settle(payer);
    return true;
  }
}
