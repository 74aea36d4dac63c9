import { InvalidInputError } from 'slonik';

/** Too long, out of range, no such date or instant, an unreadable number, or text with a NUL or half a character in it. */
const CODES = /^22(001|003|007|008|021|P02|P05)$/;

/** True when an error says that a value is not one the database can hold. Looks through causes. */
export function isInvalidValue(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof InvalidInputError || CODES.test((error as { code?: string }).code ?? '') || isInvalidValue(error.cause);
}
