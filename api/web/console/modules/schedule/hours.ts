export type Interval = [from: string, to: string];
export type Week = Record<string, Interval[]>;

/** Hours as a form shows them. What is not written as hours means closed, and shows none. A field shows midnight at the end as 00:00. */
export const typedHours = (written: unknown): Interval[] =>
  Array.isArray(written)
    ? written
        .filter((one): one is Interval => Array.isArray(one) && one.length === 2)
        .map(([from, to]) => [from.slice(0, 5), to.startsWith('24') ? '00:00' : to.slice(0, 5)])
    : [];

const ending = (to: string) => (to === '00:00' ? '24:00' : to);
/** Hours as they are sent, in order. */
export const sentHours = (typed: readonly Interval[]): Interval[] =>
  typed.map(([from, to]): Interval => [from, ending(to)]).toSorted(([a], [b]) => a.localeCompare(b));

/** Whether each begins before it ends and none meets another. */
export const areRight = (typed: readonly Interval[]) =>
  sentHours(typed).every(
    ([from, to], place, all) => from !== '' && to !== '' && from < to && (place === 0 || (all[place - 1] as Interval)[1] <= from),
  );

/** `09:00–12:00, 14:00–20:00`. */
export const hoursWords = (written: unknown) =>
  sentHours(typedHours(written))
    .map(([from, to]) => `${from}–${to}`)
    .join(', ');
