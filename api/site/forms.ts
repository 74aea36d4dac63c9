import { isSigned, sign } from '../../workers/sign-in/tokens.ts';

const VALID_MS = 12 * 3_600_000;
const PERSON_MS = 1_200_000;

/** Shows that a form was given out by us, lately, and to whoever is signed in with this session; null: to a visitor. */
export function formToken(secret: Buffer, sessionId: number | null, now: Date): string {
  const until = (now.getTime() + VALID_MS).toString(36);
  return `${until}.${sign(secret, `form:${until}:${sessionId ?? ''}`)}`;
}

export function isFormToken(secret: Buffer, token: string, sessionId: number | null, now: Date): boolean {
  const [until = '', signature = ''] = token.split('.');
  return Number.parseInt(until, 36) > now.getTime() && isSigned(secret, `form:${until}:${sessionId ?? ''}`, signature);
}

/** Who has shown their code a moment ago, for one hold: where a page is in a frame no cookie says it. */
export function personToken(secret: Buffer, userId: number, hold: string, now: Date): string {
  const until = (now.getTime() + PERSON_MS).toString(36);
  return `${userId}.${until}.${sign(secret, `person:${userId}:${until}:${hold}`)}`;
}

/** The person of a token, or null. */
export function personOfToken(secret: Buffer, token: string, hold: string, now: Date): number | null {
  const [id = '', until = '', signature = ''] = token.split('.');
  const isValid = Number.parseInt(until, 36) > now.getTime() && isSigned(secret, `person:${id}:${until}:${hold}`, signature);
  return isValid ? Number(id) : null;
}
