import { createHash } from 'node:crypto';
import { findAnswer, keepAnswer, tryIdempotencyLock } from '../../sql/auth/idempotency.ts';
import { Problem } from './problems.ts';
import type { Answer, Context } from './route.ts';

/**
 * Does a POST with an Idempotency-Key once: the handler's writes and the stored answer are one transaction, so a crash
 * leaves both or neither. The same key and request get the stored answer for 24 h; another request with the key is
 * refused (422), a twin that runs at the same time too (409).
 */
export async function once(
  key: string,
  door: string,
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
    .update(`${door}\n${JSON.stringify(body)}`)
    .digest();
  const of = { caller: context.caller.name, key };
  const first = await context.fleet.db.transaction(async (db): Promise<Answer> => {
    if (!(await tryIdempotencyLock(db, of)))
      throw new Problem(409, 'a request with this Idempotency-Key is being answered right now');
    const stored = await findAnswer(db, of);
    if (stored && !stored.request_hash.equals(hash)) {
      throw new Problem(422, 'this Idempotency-Key was used for another request');
    }
    if (stored) return { ...stored, headers: { ...stored.headers, 'Idempotent-Replayed': 'true' } };
    const answer = await handle({ ...context, db });
    await keepAnswer(db, of, hash, answer);
    return answer;
  });
  const final = (await first.afterwards?.()) ?? first;
  if (final !== first) await keepAnswer(context.fleet.db, of, hash, final);
  return final;
}
