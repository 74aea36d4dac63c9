import { type Invoice, Model, type Seat, type Subscription } from '../finance/model.ts';

/**
 * The rules of subscriptions (D22 to D27, D41, D47) once more, slowly and plainly, on top of the model of money. Days are whole numbers
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
  /** What it sold: sessions, or days of an unlimited one. */
  granted: number;
  price: number;
  /** Sessions by what became of them: taken by trainings, come from the one before, gone on to the next one. */
  taken: number;
  carriedIn: number;
  carriedOut: number;
  /** Days its first one was moved. */
  pushed: number;
};
type Bill = Invoice & { held?: number; auto?: boolean };

/** D22: the first units are the used ones, and the first ones cost the odd kopecks. */
function keptOf(price: number, units: number, used: number) {
  let kept = 0;
  for (let unit = 0; unit < Math.min(used, units); unit += 1) kept += Math.floor(price / units) + (unit < price % units ? 1 : 0);
  return units === 0 ? price : kept;
}

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
    return this.subscriptions.find((subscription) => subscription.id === id) as Held;
  }
  heir(held: Held) {
    return this.subscriptions.find((subscription) => subscription.renewedFrom === held.id);
  }
  liveHeir(held: Held) {
    const heir = this.heir(held);
    return heir && heir.status !== 'cancelled' ? heir : undefined;
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
    this.bill(id, student, item.price, false);
    this.settle(this.payerOf.get(student) as number);
  }
  private add_(id: number, student: number, item: Item, first: number, autoRenew: boolean, from: number | null, carried: number) {
    const held = { id, student, item, autoRenew, renewedFrom: from, transferred: carried, lost: 0, status: 'active' } as Held;
    Object.assign(held, {
      granted: item.sessions ?? item.days,
      price: item.price,
      taken: 0,
      carriedIn: carried,
      carriedOut: 0,
      pushed: 0,
    });
    held.left = item.sessions === null ? null : item.sessions + carried;
    this.move_(held, first, first + item.days - 1, null);
    this.subscriptions.push(held);
  }
  private bill(held: number, student: number, amount: number, auto: boolean) {
    const payer = this.payerOf.get(student) as number;
    if (amount > 0)
      this.invoices.push({ n: this.invoices.length, payer, amount, status: 'UNPAID', type: 'SUBSCRIPTION', held, auto });
  }

  /** D13 knows nothing of cancelled ones. */
  override charge(seat: Seat, type?: Invoice['type']) {
    const all = this.subscriptions;
    this.subscriptions = all.filter((held) => held.status !== 'cancelled');
    super.charge(seat, type);
    this.subscriptions = all;
    if (seat.charge?.kind !== 'session') return;
    const held = this.held(seat.charge.subscription);
    if (held.left !== null) held.taken += 1;
  }

  /** D47: to the one it came from, or on to its last live successor; where there is none, its share of the price. */
  override giveBack(seat: Seat): number | null {
    const { charge } = seat;
    if (charge?.kind !== 'session') return super.giveBack(seat);
    const origin = this.held(charge.subscription);
    const on = this.training(seat.training).date;
    Object.assign(seat, { charge: null, isDecided: false });
    const chain = [origin];
    for (let heir = this.heir(origin); heir; heir = this.heir(heir)) chain.push(heir);
    const home = chain.findLast((held) => this.isLive(held) && held.end >= on);
    if (origin.left === null) return null;
    if (!home) {
      const payers = this.payersOf(origin);
      origin.taken -= 1;
      this.refundSession(origin);
      for (const payer of payers) this.settle(payer);
    } else if (home.left !== null) {
      const path = chain.slice(0, chain.indexOf(home) + 1);
      if (path.some((held) => held.left === null)) {
        home.left += 1;
        home.taken -= 1;
      } else {
        origin.left += 1;
        origin.taken -= 1;
        for (let n = 1; n < path.length; n += 1) this.carry(path[n - 1] as Held, path[n] as Held, 1);
      }
    }
    return null;
  }
  private carry(from: Held, to: Held, sessions: number) {
    from.left = (from.left as number) - sessions;
    from.carriedOut += sessions;
    to.left = (to.left as number) + sessions;
    to.carriedIn += sessions;
    to.transferred += sessions;
  }
  /** Who has bills of one or of those before it. */
  private payersOf(held: Held): Set<number> {
    const ids: number[] = [];
    for (let one: Held | null = held; one; one = one.renewedFrom === null ? null : this.held(one.renewedFrom)) ids.push(one.id);
    return new Set(
      this.invoices
        .filter((bill) => bill.held && ids.includes(bill.held) && bill.status !== 'CANCELLED')
        .map((bill) => bill.payer),
    );
  }
  usedOf(held: Held, today: number): number {
    if (held.left !== null) return Math.min(held.granted, Math.max(0, held.taken + held.carriedOut - held.carriedIn));
    const taken = this.seats
      .filter((seat) => seat.charge?.kind === 'session' && seat.charge.subscription === held.id)
      .map((seat) => this.training(seat.training).date);
    let unused = 0;
    for (let n = Math.max(today, held.first); n <= held.last; n += 1) {
      const isFrozen = held.freeze !== null && held.freeze[0] <= n && n <= held.freeze[1];
      if (!isFrozen && taken.every((date) => date < this.day(n))) unused += 1;
    }
    return Math.min(held.granted, Math.max(0, held.granted - unused));
  }
  /** A session leaves one that is over; of one that was carried there it is the share of where it was bought. */
  private refundSession(held: Held): void {
    if (held.renewedFrom !== null && held.carriedIn > 0 && held.taken + 1 + held.carriedOut <= held.carriedIn) {
      const before = this.held(held.renewedFrom);
      held.carriedIn -= 1;
      held.transferred -= 1;
      before.carriedOut -= 1;
      this.refundSession(before);
      return;
    }
    const used = this.usedOf(held, 0);
    const share = keptOf(held.price, held.granted, used + 1) - keptOf(held.price, held.granted, used);
    this.reduce(held, 'UNPAID', share - this.reduce(held, 'PAID', share));
  }
  /** Takes so much off the bills of a status, from the newest on; what is kept of one is written anew. */
  private reduce(held: Held, status: 'PAID' | 'UNPAID', minor: number): number {
    let rest = minor;
    for (const bill of this.invoices.filter((invoice) => invoice.held === held.id && invoice.status === status).reverse()) {
      if (rest === 0) break;
      const back = Math.min(rest, bill.amount);
      rest -= back;
      bill.status = 'CANCELLED';
      if (status === 'PAID') this.move(bill.payer, back);
      if (back < bill.amount) this.invoices.push({ ...bill, n: this.invoices.length, amount: bill.amount - back, status });
    }
    return minor - rest;
  }

  /** D24, for a day; `idOf` says under which number a renewal stands in the database. */
  renew(date: number, idOf: (old: number) => number) {
    const due = this.subscriptions
      .filter((held) => held.autoRenew && held.status !== 'cancelled' && held.last <= date && held.last >= date - 7)
      .filter((held) => !this.heir(held) && held.item.isActive && !this.isUnpaidRenewal(held))
      .filter((held) => !held.freeze || date < held.freeze[0] || date > held.freeze[1])
      .sort((a, b) => a.id - b.id);
    for (const old of due) {
      const { item, student } = old;
      const unused = old.left === null || item.sessions === null ? 0 : old.left + (old.status === 'expired' ? old.lost : 0);
      const carried = Math.min(3, unused);
      const revived = Math.max(0, carried - (old.left ?? 0));
      if (old.left !== null) old.left -= carried - revived;
      old.lost -= revived;
      old.carriedOut += carried;
      const id = idOf(old.id);
      this.add_(id, student, item, Math.max(old.last + 1, date), true, old.id, carried);
      this.bill(id, student, item.price, true);
    }
    for (const payer of new Set(due.map((held) => this.payerOf.get(held.student) as number))) this.settle(payer);
    return due.length;
  }

  /** D41. */
  isUnpaidRenewal = (held: Held) =>
    held.renewedFrom !== null && this.invoices.some((bill) => bill.held === held.id && bill.auto && bill.status === 'UNPAID');

  /** Those that begin after one whose last day moves on, in order, and by how many days each is pushed. */
  private pushes(frozen: Held, days: number): [Held, number][] {
    const movers: [Held, number][] = [[frozen, days]];
    for (const term of this.termsOf(frozen.student)) {
      if (term === frozen || (term.renewedFrom !== null && !movers.some(([mover]) => mover.id === term.renewedFrom))) continue;
      const ends = movers.filter(([mover, by]) => mover.last < term.first && mover.last + by >= term.first);
      const by = Math.max(0, ...ends.map(([mover, moved]) => mover.last + moved + 1 - term.first));
      if (by > 0) movers.push([term, by]);
    }
    return movers.slice(1);
  }
  private termsOf(student: number) {
    return this.subscriptions
      .filter((subscription) => subscription.student === student && this.isLive(subscription))
      .sort((a, b) => a.first - b.first || a.id - b.id);
  }
  private shift(moves: readonly [Held, number][], today: number) {
    for (const [held, by] of moves) {
      this.move_(held, held.first + by, held.last + by, held.freeze);
      held.pushed += by;
    }
    for (const seat of this.seats) {
      const held = moves
        .map(([one]) => one)
        .find((item) => seat.charge?.kind === 'session' && seat.charge.subscription === item.id);
      const { date } = this.training(seat.training);
      if (held && date >= this.day(today) && (date < held.start || date > held.end)) this.giveBack(seat);
    }
  }
  /** What was pushed comes back as far as nothing is in its way. */
  private pull(student: number, last: number, today: number) {
    const terms = this.termsOf(student);
    const moves: [Held, number][] = [];
    const at = new Map(terms.map((term) => [term, [term.first, term.last] as [number, number]]));
    for (const term of terms) {
      if (term.pushed === 0 || term.first <= last) continue;
      const before = [...at.values()].filter(([, end]) => end < term.first).map(([, end]) => end + 1);
      const by = Math.max(term.first - term.pushed, today, ...before) - term.first;
      if (by >= 0) continue;
      moves.push([term, by]);
      at.set(term, [term.first + by, term.last + by]);
    }
    this.shift(moves, today);
  }

  /** D25. Returns false where it is refused. */
  freeze(held: Held, from: number, to: number, today: number): boolean {
    if (!this.isLive(held) || this.liveHeir(held)) return false;
    if (to < from || from < today || from < held.first || from > held.last) return false;
    if (held.freeze && held.freeze[1] >= today) return false;
    const pushes = this.pushes(held, to - from + 1);
    if (pushes.some(([one]) => one.freeze && one.freeze[1] >= today)) return false;
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
    this.shift(pushes, today);
    return true;
  }

  unfreeze(held: Held, today: number): boolean {
    if (!this.isLive(held) || !held.freeze) return false;
    const unused = Math.max(0, held.freeze[1] - Math.max(held.freeze[0], today) + 1);
    const { last } = held;
    this.move_(held, held.first, held.last - unused, null);
    held.status = 'active';
    this.pull(held.student, last, today);
    return true;
  }

  /** D26, for a day. */
  thaw(date: number) {
    for (const held of this.subscriptions.filter((subscription) => this.isLive(subscription))) {
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

  /** Cancelling with a refund of at most the unused share; sessions that were carried here go back while the one before lasts. */
  cancel(held: Held, refund: number, today: number): boolean {
    if (!this.isLive(held)) return false;
    const bills = this.invoices.filter((bill) => bill.held === held.id && bill.status !== 'CANCELLED');
    const sum = (status: string) =>
      bills.filter((bill) => bill.status === status).reduce((total, bill) => total + bill.amount, 0);
    const [paid, owed] = [sum('PAID'), sum('UNPAID')];
    const kept = Math.min(paid + owed, keptOf(held.price, held.granted, this.usedOf(held, today)));
    if (refund > Math.max(0, paid - kept)) return false;
    const payers = this.payersOf(held);
    for (const bill of this.invoices) {
      if (bill.status === 'UNPAID' && bill.held && this.held(bill.held).student === held.student) payers.add(bill.payer);
    }
    const before = held.renewedFrom === null ? undefined : this.held(held.renewedFrom);
    const isThere = before && before.left !== null && before.last >= today && before.status !== 'expired';
    const unused = Math.max(0, Math.min(held.left ?? 0, held.carriedIn - held.taken));
    for (let n = 0; isThere && n < unused; n += 1) {
      this.carry(before, held, -1);
      if (before.status !== 'cancelled') continue;
      before.left = (before.left as number) - 1;
      this.refundSession(before);
    }
    if (held.left !== null) held.left = 0;
    const { last } = held;
    this.move_(held, held.first, held.last, null);
    held.status = 'cancelled';
    this.reduce(held, 'PAID', refund);
    this.reduce(held, 'UNPAID', owed - Math.max(0, Math.min(owed, kept - paid)));
    this.pull(held.student, last, today);
    for (const payer of payers) this.settle(payer);
    return true;
  }
}
