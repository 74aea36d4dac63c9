/** A longer path tells nobody anything. */
const MOST_PATH = 200;

/** What was asked for, without its query, as it may be logged and sent back. */
export const pathOf = ({ originalUrl }: { originalUrl: string }) =>
  shorten(originalUrl.split('?', 1)[0] ?? '').replace(SECRET, '$1...');
/** A calendar's address is all that is needed to read it. */
const SECRET = /^(\/calendar\/).+/i;
export const shorten = (path: string) => (path.length > MOST_PATH ? `${path.slice(0, MOST_PATH)}...` : path);
