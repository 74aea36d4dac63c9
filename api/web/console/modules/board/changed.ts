type Seen = { id: number; version: number; starts_at: string; status: string };

/** The ids of what is new or another than it was. Of another span of days, where nothing is in both, nothing has changed. */
export function changedAmong(before: readonly Seen[], now: readonly Seen[]): number[] {
  const known = new Map(before.map((row) => [row.id, row]));
  if (before.length > 0 && !now.some(({ id }) => known.has(id))) return [];
  return now
    .filter((row) => {
      const was = known.get(row.id);
      return !was || was.version !== row.version || was.starts_at !== row.starts_at || was.status !== row.status;
    })
    .map(({ id }) => id);
}
