import type { StudentRow } from './read-students.ts';

/** Who the row of a number is, as somebody has decided: a person the studio knows, or (null) none of those whom it may mean. */
export type Decisions = ReadonlyMap<number, number | null>;

/** `12:345,14:new` as decisions. */
export const readDecisions = (text: string): Decisions =>
  new Map(
    text.split(',').map((one) => {
      const [row, who] = one.split(':');
      return [Number(row), who === 'new' ? null : Number(who)];
    }),
  );

/** The rows as they were decided: with the id of whom they mean, or as somebody else. The other ones stay as they are. */
export const decideRows = (rows: readonly StudentRow[], decisions: Decisions): StudentRow[] =>
  rows.map((row) => {
    const who = decisions.get(row.row);
    if (who === undefined) return row;
    return { ...row, id: who, is_decided: true };
  });

/** The numbers that are decided about and stand in no row. */
export const missingRows = (rows: readonly StudentRow[], decisions: Decisions): number[] => {
  const there = new Set(rows.map(({ row }) => row));
  return [...decisions.keys()].filter((row) => !there.has(row));
};
