/** How long the file of everything can be fetched. */
export const KEPT_HOURS = 24;

/** Until when a file is kept whose last part was made at an instant. */
export const keptUntil = (made: Date) => new Date(made.getTime() + KEPT_HOURS * 3_600_000).toISOString();
