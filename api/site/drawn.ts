import { whileUnderWay } from '../../workers/slots/while-under-way.ts';
import { Problem } from '../http/problems.ts';

/**
 * Pictures by their names: one is drawn at a time, once for all who ask for it meanwhile, and kept until another version of it is asked
 * for; of more than `kept` the one that nobody asked for longest goes. Throws a 429 where `waiting` others are to be drawn already.
 */
export function drawnInTurn<T>(draw: (what: T) => Promise<Buffer>, most: { kept: number; waiting: number }) {
  const kept = new Map<string, { version: string; png: Buffer }>();
  const once = whileUnderWay<Buffer>();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function inTurn(what: T): Promise<Buffer> {
    if (waiting >= most.waiting) throw new Problem(429, 'too many pictures are being drawn', { headers: { 'Retry-After': '1' } });
    waiting += 1;
    const mine = last.then(() => draw(what)).finally(() => (waiting -= 1));
    last = mine.catch(() => undefined);
    return mine;
  }

  return async (name: string, version: string, what: T): Promise<Buffer> => {
    const known = kept.get(name);
    const png = known?.version === version ? known.png : await once(`${name} ${version}`, () => inTurn(what));
    kept.delete(name);
    kept.set(name, { version, png });
    for (const oldest of kept.keys()) if (kept.size > most.kept) kept.delete(oldest);
    return png;
  };
}
