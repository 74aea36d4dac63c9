import { addDays, daysBetween } from '../../queues/time/calendar.ts';
import type { HeldTerm, Shift } from '../../sql/subscriptions/neighbours.ts';

type Term = Pick<HeldTerm, 'id' | 'start_date' | 'end_date' | 'pushed_days' | 'renewed_from_id'>;

/**
 * Which of a student's terms move when the last day of one of them does, as a freeze moves it, and by how many days: those that began
 * after it and would now begin within it begin the day after; likewise those after them. Where there were days between, they are
 * used up first. What overlapped before, and what continues another subscription by renewal, stays.
 * @param terms in the order of their first days, as they were before
 */
export function pushedBy(terms: readonly Term[], frozen: { id: number; end_date: string; new_end_date: string }): Shift[] {
  const movers = [{ id: frozen.id, end: frozen.end_date, newEnd: frozen.new_end_date }];
  const shifts: Shift[] = [];
  for (const { id, start_date, end_date, renewed_from_id } of terms) {
    if (id === frozen.id) continue;
    if (renewed_from_id !== null && !movers.some((mover) => mover.id === renewed_from_id)) continue;
    const inTheWay = movers.filter((mover) => mover.end < start_date && mover.newEnd >= start_date).map((mover) => mover.newEnd);
    const last = inTheWay.toSorted().at(-1);
    if (last === undefined) continue;
    const days = daysBetween(start_date, last) + 1;
    shifts.push({ id, days });
    movers.push({ id, end: end_date, newEnd: addDays(end_date, days) });
  }
  return shifts;
}

/**
 * Which terms that a freeze had moved come back when the last day before them does: to where they were sold, but not before today nor
 * into what ends before them.
 * @param terms in the order of their first days, the one whose freeze ended as it is now, or without it when it was called off
 * @param endDate its last day as it was
 */
export function pulledBy(terms: readonly Term[], endDate: string, today: string): Shift[] {
  const now = terms.map((term) => ({ ...term }));
  const shifts: Shift[] = [];
  for (const term of now) {
    if (term.pushed_days === 0 || term.start_date <= endDate) continue;
    const before = now.filter((other) => other.end_date < term.start_date).map((other) => addDays(other.end_date, 1));
    const earliest = [addDays(term.start_date, -term.pushed_days), today, ...before].toSorted().at(-1) as string;
    const days = daysBetween(term.start_date, earliest);
    if (days >= 0) continue;
    shifts.push({ id: term.id, days });
    Object.assign(term, { start_date: earliest, end_date: addDays(term.end_date, days) });
  }
  return shifts;
}
