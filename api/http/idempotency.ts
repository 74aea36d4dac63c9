import { createHash } from 'node:crypto';
import { findAnswer, keepAnswer, tryIdempotencyLock } from '../../sql/auth/idempotency.ts';
import { asProblem, bodyOf, PROBLEM_TYPE, Problem } from './problems.ts';
import type { Answer, Context } from './route.ts';

/**
 * Does a POST with an Idempotency-Key once: the handler's writes and the stored answer are one transaction, so a crash
 * leaves both or neither. The same key and request get the stored answer for 24 h; another request with the key is
 * refused (422), a twin that comes before the answer is whole too (409). What an answer in two steps ends with, be it a refusal, is
 * what is stored.
 * @param route method and path
 */
export async function once(
  key: string,
  route: { method: string; path: string },
  body: unknown,
  context: Context,
  handle: (inside: Context) => Promise<Answer>,
): Promise<Answer> {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem(422, 'the Idempotency-Key is not acceptable', {
      errors: [{ path: 'Idempotency-Key', message: '1 to 255 visible ASCII characters' }],
    });
  }
  const hash = createHash('sha256')
    .update(`${route.method} ${route.path}\n${JSON.stringify(body)}`)
    .digest();
  const { db } = context.fleet;
  const mine = { caller: context.caller.id, key };
  const first = await db.transaction(async (transaction): Promise<Answer> => {
    if (!(await tryIdempotencyLock(transaction, mine))) throw beingAnswered();
    const stored = await findAnswer(transaction, mine);
    if (stored && !stored.request_hash.equals(hash)) {
      throw new Problem(422, 'this Idempotency-Key was used for another request');
    }
    if (stored?.is_being_answered) throw beingAnswered();
    if (stored) return { ...stored, headers: { ...stored.headers, 'Idempotent-Replayed': 'true' } };
    const answer = await handle({ ...context, db: transaction });
    await keepAnswer(transaction, mine, hash, answer, !answer.afterwards);
    return answer;
  });
  if (!first.afterwards) return first;
  try {
    const final = (await first.afterwards()) ?? first;
    await keepAnswer(db, mine, hash, final, true);
    return final;
  } catch (error) {
    await keepAnswer(db, mine, hash, asAnswer(error, route.path) ?? first, true);
    throw error;
  }
}

const beingAnswered = () =>
  new Problem(409, 'a request with this Idempotency-Key is being answered right now', { headers: { 'Retry-After': '1' } });

/** A refusal as it is sent; undefined for what is no outcome: something was away, and a repeat may find how it went on. */
function asAnswer(error: unknown, path: string): Answer | undefined {
  const problem = asProblem(error);
  if (problem !== error || problem.status === 503 || problem.status === 429) return undefined;
  const headers = { ...problem.extra.headers, 'Content-Type': `${PROBLEM_TYPE}; charset=utf-8` };
  return { status: problem.status, headers, body: bodyOf(problem, path) };
}
