import { isExclusion } from '../../sql/database/outage.ts';
import type { Going } from '../../sql/trainings/going.ts';
import type { Obstacle } from '../../sql/trainings/meets.ts';
import { Refused } from '../refusal.ts';

type Busy = { seat: Pick<Going, 'student_id' | 'student'>; words: string };

/** Throws a `conflict` that lists what is in the way: trainer, room or hours, and students who are elsewhere then. */
export function refuseTaken(obstacles: readonly Obstacle[], busy: readonly Busy[]) {
  if (obstacles.length + busy.length === 0) return;
  const [first] = obstacles;
  const others = busy.length === 1 ? `${busy[0]?.seat.student} is busy then` : `${busy.length} students are busy then`;
  throw new Refused('conflict', first ? first.words : others, {
    obstacles: obstacles.map(({ what, id, words }) => ({ what, id, why: words })),
    busy: busy.map(({ seat, words }) => ({ student_id: seat.student_id, student: seat.student, why: words })),
  });
}

/** So often somebody may be faster. */
const MOST_TRIES = 3;

/** Does something again that somebody else was faster to; what is in the way then, the next try refuses in words. */
export async function whileFree<T>(work: () => Promise<T>, look: () => Promise<unknown> = async () => undefined): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isExclusion(error)) throw error;
      if (tries < MOST_TRIES) continue;
      await look();
      throw new Refused('conflict', wordsOf(error) ?? 'somebody or something is elsewhere at that time');
    }
  }
}

/** What the calendar itself says is there; the bare constraints say it in no words. */
function wordsOf(error: unknown): string | null {
  const { cause } = error as { cause?: Error };
  return cause && / (at that time|then)\b/.test(cause.message) ? cause.message : null;
}
