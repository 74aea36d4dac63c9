import type { AnswerTo } from '../../kit/client.ts';
import type { TextKey } from '../../kit/i18n.ts';

export type Hits = AnswerTo<'GET /api/search'>;
/** A line of the palette: what it says, what is under it, and what it does. */
export type PaletteLine = { id: string; group: TextKey; title: string; subtitle?: string; run(): void };

/** Actions whose every word begins somewhere in their title; all of them for an empty question. */
export function matching(actions: readonly PaletteLine[], question: string): PaletteLine[] {
  const words = question.toLowerCase().split(/\s+/).filter(Boolean);
  return actions.filter(({ title }) => {
    const text = ` ${title.toLowerCase()}`;
    return words.every((word) => text.includes(` ${word}`));
  });
}

/** The place that arrow keys lead to, round and round. */
export const moved = (place: number, by: 1 | -1, length: number) => (length === 0 ? 0 : (place + by + length) % length);
