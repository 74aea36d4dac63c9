/** What `GET /api/reports/load-ahead` answers. */
export type Heat = { busy_minutes: number; open_minutes: number; load: number | null };
export type HeatRow = Heat & { id: number; name: string; days: readonly (Heat & { date: string })[] };
export type Habits = {
  specialist_id: number | null;
  specialist: string | null;
  bookings: number;
  no_shows: number;
  cancelled: number;
  no_show_rate: number | null;
  cancellation_rate: number | null;
  lead_days_q1: number | null;
  lead_days_median: number | null;
  lead_days_q3: number | null;
};
export type LoadAhead = {
  from: string;
  to: string;
  specialists: readonly HeatRow[];
  rooms: readonly HeatRow[];
  behind: { from: string; to: string; specialists: readonly Habits[]; total: Habits };
};

/** How strong the colour of a day is, from 0 to 5: the figure stands beside it. Where nothing is open and something is there, as for a full day. */
export function warmthOf({ busy_minutes, load }: Heat): number {
  if (busy_minutes === 0) return 0;
  return load === null ? 5 : Math.min(5, Math.max(1, Math.ceil(load * 5)));
}

/** Minutes as hours: `8`, `7:30`. */
export function hoursOf(minutes: number): string {
  const rest = minutes % 60;
  return `${(minutes - rest) / 60}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
