import type { AnswerTo } from '../../../kit/client.ts';

export type Award = AnswerTo<'GET /api/students/{id}/belts'>['awards'][number];

/** Of the awards, those that may be voided: the last one of each program that stands. */
export function lastOnes(awards: readonly Award[]): ReadonlySet<number> {
  const last = new Map<string, Award>();
  for (const award of awards) {
    const other = last.get(award.program);
    const isLater =
      !other || award.awarded_on > other.awarded_on || (award.awarded_on === other.awarded_on && award.id > other.id);
    if (award.voided_at === null && isLater) last.set(award.program, award);
  }
  return new Set([...last.values()].map(({ id }) => id));
}
