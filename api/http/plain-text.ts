/** Text that the book can keep: PostgreSQL takes no NUL, and half a surrogate pair is no character. */
export const isPlainText = (given: string) => given.isWellFormed() && !given.includes('\0');
export const PLAIN_TEXT = 'text without NUL or half characters';
