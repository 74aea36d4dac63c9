import { liveOn, n, type Row, type Studio, sum } from './slow.ts';

/** D22: rounded down, what is left over goes to the first. */
const split = (total: number, parts: number) =>
  Array.from({ length: parts }, (_, place) => Math.floor(total / parts) + (place < total % parts ? 1 : 0));

/** All that is earned by the end of a day, by what it was sold as, and what is sold and not earned then. */
export function earnedOn(studio: Studio, day: string) {
  const live = liveOn(studio, day);
  const total = (rows: readonly Row[]) => sum(rows.map((one) => n(one.amount_minor)));
  const isOfNothing = (one: Row) =>
    [one.real_training_student_id, one.booking_id, one.client_package_id, one.student_subscription_id].every((id) => id === null);
  const { isHeld, isOver } = endings(studio, day);
  const earned = {
    training: total(live.filter((one) => isHeld(one.real_training_student_id))),
    booking: total(live.filter((one) => one.client_package_id === null && isOver(one.booking_id))),
    package: earnedOfPackages(studio, day, live),
    subscription: earnedOfSubscriptions(studio, day, live),
    other: total(live.filter(isOfNothing)),
  };
  const all = sum(Object.values(earned));
  return { earned: { ...earned, all }, deferred: total(live) - all };
}

/** Whether a place was in a training that was held by then, and whether a booking was over: on its day, or called off. */
function endings(studio: Studio, day: string) {
  const trainings = new Map(studio.real_trainings.map((one) => [one.id, one]));
  const seats = new Map(studio.real_training_students.map((one) => [one.id, one]));
  const bookings = new Map(studio.bookings.map((one) => [one.id, one]));
  return {
    isHeld(seatId: unknown) {
      const training = trainings.get(n(seats.get(n(seatId))?.real_training_id));
      return training?.status === 'completed' && String(training.training_date) <= day;
    },
    isOver(bookingId: unknown) {
      const booking = bookings.get(n(bookingId));
      if (booking?.status === 'CANCELLED') return studio.dayOf(booking.cancelled_at) <= day;
      return (booking?.status === 'COMPLETED' || booking?.status === 'NO_SHOW') && studio.dayOf(booking.starts_at) <= day;
    },
  };
}

function earnedOfPackages(studio: Studio, day: string, live: readonly Row[]) {
  const { isOver } = endings(studio, day);
  const returned = new Set(studio.package_entries.map((one) => one.reverses_id));
  let earned = 0;
  for (const sold of studio.client_packages) {
    const worth = sum(live.filter((one) => one.client_package_id === sold.id).map((one) => n(one.amount_minor)));
    const units = sum((sold.composition as { units: number }[]).map((part) => part.units));
    const used = studio.package_entries.filter(
      (one) => one.client_package_id === sold.id && one.reason === 'booking' && isOver(one.booking_id) && !returned.has(one.id),
    );
    const isGone = String(sold.end_date) < day || (sold.cancelled_at !== null && studio.dayOf(sold.cancelled_at) <= day);
    earned += isGone ? worth : Math.min(worth, sum(split(n(sold.price_minor), units).slice(0, used.length)));
  }
  return earned;
}

function earnedOfSubscriptions(studio: Studio, day: string, live: readonly Row[]) {
  const { isHeld, isOver } = endings(studio, day);
  const entries = new Map(studio.session_entries.map((one) => [one.id, one]));
  const byHolding = Map.groupBy(
    studio.session_entries.filter((one) => studio.dayOf(one.created_at) <= day),
    (one) => n(one.student_subscription_id),
  );
  /** What came with sessions carried in, by the subscription it came to. */
  const came = new Map<number, number>();
  let earned = 0;
  // An heir is younger than what it renews.
  for (const held of [...studio.student_subscriptions].sort((one, other) => one.id - other.id)) {
    if (studio.dayOf(held.created_at) > day) continue;
    const own = byHolding.get(held.id) ?? [];
    const net = (...reasons: string[]) =>
      sum(own.filter((one) => reasons.includes(String(one.reason))).map((one) => n(one.delta)));
    const carriedIn = net('carried_in');
    const bills = live.filter((one) => one.student_subscription_id === held.id);
    const first = studio.invoices
      .filter((one) => one.student_subscription_id === held.id && studio.dayOf(one.created_at) <= day)
      .sort((one, other) => one.id - other.id)[0];
    const price = n(first?.amount_minor);
    const broughtIn = carriedIn > 0 ? (came.get(held.id) ?? 0) : 0;
    const units = [...split(broughtIn, carriedIn), ...split(price, net('granted', 'adjustment'))];
    const goes = -net('carried_out');
    const gone = goes > 0 ? units.slice(-goes) : [];
    const heir = studio.student_subscriptions.find((one) => one.renewed_from_id === held.id);
    if (heir && goes > 0) came.set(heir.id, sum(gone));
    const worth = sum(bills.map((one) => n(one.amount_minor))) + broughtIn - sum(gone);
    const isExpired =
      net('expired') < 0 || (held.status === 'expired' && held.sessions_left === null && String(held.end_date) <= day);
    const isCancelled = held.status === 'cancelled' && String(held.cancelled_on ?? studio.dayOf(held.cancelled_at)) <= day;
    const taken = own.filter((one) => {
      const source = one.reason === 'returned' ? entries.get(n(one.reverses_id)) : one;
      if (source?.reason === 'booking') return isOver(source.booking_id);
      return source?.reason === 'training' && isHeld(source.real_training_student_id);
    });
    const used =
      held.sessions_left === null
        ? split(price, n(held.term_days)).slice(0, unfrozenDays(studio, held, day))
        : units.slice(0, Math.max(0, -sum(taken.map((one) => n(one.delta)))));
    earned += isExpired || isCancelled ? worth : Math.min(worth, sum(used));
  }
  return earned;
}

/** Days of a subscription until a day that were not frozen, counted one by one. */
function unfrozenDays(studio: Studio, held: Row, until: string) {
  const freezes = studio.subscription_freezes.filter((one) => one.student_subscription_id === held.id);
  let days = 0;
  for (let at = Date.parse(String(held.start_date)); ; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day > until || day > String(held.end_date)) return days;
    if (!freezes.some((one) => String(one.first_day) <= day && day <= String(one.last_day))) days += 1;
  }
}
