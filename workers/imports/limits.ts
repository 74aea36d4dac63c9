/** Rows of a file beneath its headers, at most (R26). */
export const MOST_ROWS = 10_000;

/** A file's cells as text, blank ones empty. */
export type Table = { rows: string[][]; is1904: boolean; isTooLong: boolean };
