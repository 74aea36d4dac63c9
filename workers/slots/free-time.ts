/** The grid: every booking begins on it (D29). */
export const CELL_MS = 15 * 60_000;
export const cellsOf = (minutes: number) => Math.ceil(minutes / 15);
