/** A day's night after everything of the day has begun. */
export const wholeDay = (date: string) => ({ date, instant: `${date}T23:59:59.999Z` });

/** A week as it is built on the Sunday before it: nothing of it has begun. */
export const beforehand = <W extends { start: string }>(week: W) => ({
  ...week,
  now: new Date(Date.parse(week.start) - 86_400_000),
});
