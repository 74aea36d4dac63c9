/** Control characters, what turns the direction of the text around it, half characters: no text of a studio has them. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/u;

/** Whether a text cannot be kept. @param hasLines whether it may have line breaks and tabs */
export const isUnreadable = (given: string, hasLines = false) =>
  !given.isWellFormed() || FORBIDDEN.test(hasLines ? given.replaceAll(/[\n\t]/g, '') : given);
