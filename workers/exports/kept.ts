/** How long the file of everything can be fetched. */
export const KEPT_HOURS = 24;
