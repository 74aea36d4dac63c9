/** A week as it is built on the Sunday before it: nothing of it has begun. */
export const beforehand = <W extends { start: string }>(week: W) => ({
  ...week,
  now: new Date(Date.parse(week.start) - 86_400_000),
});
