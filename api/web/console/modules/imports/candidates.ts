import type { Preview } from './use-upload.ts';

/** Whom a row may mean who is there already: who has its phone, or several whom it fits; what else is unclear names nobody. */
export function candidatesOf({ notes }: Pick<Preview['items'][number], 'notes'>): number[] {
  const ids = notes.flatMap(({ code, params = {} }) =>
    code === 'phone_taken' ? [Number(params.id)] : code === 'two_candidates' ? String(params.ids).split(', ').map(Number) : [],
  );
  return [...new Set(ids)].filter(Number.isInteger);
}
