/** The rules of bookings once more, slowly and plainly. The property test drives this and the database with the same steps. */
export type Booking = {
  id: number;
  client: number;
  specialist: number;
  room: number | null;
  start: number;
  minutes: number;
  busy: number;
  status: 'CONFIRMED' | 'CANCELLED';
  pay: 'wallet' | 'package' | 'later';
  movedLate: boolean;
  service: Service;
};
type Invoice = { booking: number; client: number; amount: number; status: 'UNPAID' | 'PAID' | 'CANCELLED' };
export type Service = { id: number; minutes: number; pause: number; price: number; rooms: number[] };

const MINUTE = 60_000;
const cells = (minutes: number) => Math.ceil(minutes / 15) * 15;

export class Model {
  bookings: Booking[] = [];
  invoices: Invoice[] = [];
  balance = new Map<number, number>();
  /** By client and service. */
  units = new Map<string, number>();
  readonly now: number;
  constructor(now: number) {
    this.now = now;
  }

  /** The room a booking would get, null where none is needed, or undefined when something is taken. */
  placeFor(
    client: number,
    specialist: number,
    start: number,
    of: { minutes: number; busy: number; rooms: number[] },
    except = 0,
  ) {
    const live = this.bookings.filter((booking) => booking.status === 'CONFIRMED' && booking.id !== except);
    const meets = (item: Booking, whose: 'minutes' | 'busy') =>
      item.start < start + of[whose] * MINUTE && start < item.start + item[whose] * MINUTE;
    if (live.some((row) => row.specialist === specialist && meets(row, 'busy'))) return undefined;
    if (live.some((row) => row.client === client && meets(row, 'minutes'))) return undefined;
    if (of.rooms.length === 0) return null;
    return of.rooms.find((room) => !live.some((row) => row.room === room && meets(row, 'busy')));
  }

  book(id: number, client: number, specialist: number, service: Service, start: number, pay: Booking['pay']): boolean {
    if (start <= this.now) return false;
    const fields = { minutes: service.minutes, busy: cells(service.minutes) + cells(service.pause), rooms: service.rooms };
    const room = this.placeFor(client, specialist, start, fields);
    if (room === undefined) return false;
    if (pay === 'wallet' && this.money(client) < service.price) return false;
    if (pay === 'package' && this.left(client, service) < 1) return false;
    const { minutes, busy } = fields;
    this.bookings.push({
      id,
      client,
      specialist,
      room,
      start,
      minutes,
      busy,
      status: 'CONFIRMED',
      pay,
      movedLate: false,
      service,
    });
    if (pay === 'package') this.take(client, service, 1);
    else if (service.price > 0) {
      const status = pay === 'wallet' ? 'PAID' : 'UNPAID';
      this.invoices.push({ booking: id, client, amount: service.price, status });
      if (pay === 'wallet') this.move(client, -service.price);
    }
    return true;
  }

  cancel(id: number): string {
    const booking = this.bookings.find((booking) => booking.id === id) as Booking;
    if (booking.status === 'CANCELLED') return 'again';
    if (booking.start <= this.now) return 'refused';
    booking.status = 'CANCELLED';
    if (booking.movedLate || booking.start - this.now < 12 * 60 * MINUTE) return 'late';
    if (booking.pay === 'package') this.take(booking.client, booking.service, -1);
    const bill = this.invoices.find((invoice) => invoice.booking === id);
    if (!bill) return 'safe';
    if (bill.status === 'PAID') this.move(booking.client, bill.amount);
    bill.status = 'CANCELLED';
    this.settle(booking.client);
    return 'safe';
  }

  reschedule(id: number, specialist: number, start: number): boolean {
    const booking = this.bookings.find((booking) => booking.id === id) as Booking;
    if (booking.status === 'CANCELLED' || booking.start <= this.now || start <= this.now) return false;
    if (booking.specialist === specialist && booking.start === start) return true;
    const room = this.placeFor(booking.client, specialist, start, { ...booking, rooms: booking.service.rooms }, id);
    if (room === undefined) return false;
    booking.movedLate ||= booking.start - this.now < 12 * 60 * MINUTE;
    Object.assign(booking, { specialist, start, room });
    return true;
  }

  pay(client: number, amount: number) {
    this.move(client, amount);
    this.settle(client);
  }

  /** D15. */
  settle(client: number) {
    for (const bill of this.invoices.filter((invoice) => invoice.client === client && invoice.status === 'UNPAID')) {
      if (bill.amount > this.money(client)) return;
      this.move(client, -bill.amount);
      bill.status = 'PAID';
    }
  }

  left = (client: number, service: Service) => this.units.get(`${client}:${service.id}`) ?? 0;
  take(client: number, service: Service, units: number) {
    this.units.set(`${client}:${service.id}`, this.left(client, service) - units);
  }
  money = (client: number) => this.balance.get(client) ?? 0;
  move(client: number, amount: number) {
    this.balance.set(client, this.money(client) + amount);
  }
}
