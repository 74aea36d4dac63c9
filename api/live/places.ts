import { Problem } from '../http/problems.ts';

/** Half of a process's connections at most, so that requests find one; of those half from one network. */
const MOST = { process: 1_000, network: 500, person: 20, key: 200 };

/** Counts open sockets. */
export function createPlaces() {
  const counts = new Map<string, number>();
  let all = 0;
  const take = (name: string, most: number, whom: string) => {
    const own = counts.get(name) ?? 0;
    if (own >= most) throw new Problem(429, `${most} sockets of ${whom} are open already`, { headers: { 'Retry-After': '10' } });
  };
  const add = (name: string, one: 1 | -1) => {
    const own = (counts.get(name) ?? 0) + one;
    if (own > 0) counts.set(name, own);
    else counts.delete(name);
  };
  return {
    /** Counts one in, and says how to count it out, once. Throws a 429, or a 503 where the process is full. */
    enter(caller: { id: string; personId?: number }, network: string): () => void {
      if (all >= MOST.process) throw new Problem(503, 'too many sockets are open here', { headers: { 'Retry-After': '10' } });
      const names = [caller.id, `from ${network}`];
      if (caller.personId === undefined) take(caller.id, MOST.key, 'this key');
      else take(caller.id, MOST.person, 'yours');
      take(`from ${network}`, MOST.network, 'your address');
      for (const name of names) add(name, 1);
      all += 1;
      let isIn = true;
      return () => {
        if (!isIn) return;
        isIn = false;
        all -= 1;
        for (const name of names) add(name, -1);
      };
    },
  };
}
