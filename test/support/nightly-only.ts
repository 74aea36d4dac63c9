/**
 * What takes long is played in part by day (`npm test`) and whole at night (`npm run test:nightly`). Every file that has two
 * lengths reads them here: a day's part is the same each day, so that a failure comes again; of each kind of thing it plays one at least.
 */
const isNight = process.env.NIGHTLY === 'yes';

/** How many are played, or which. */
export const rounds = <T>({ daily, nightly }: { daily: T; nightly: T }): T => (isNight ? nightly : daily);

/** Those of a list that are played: at night all, by day `daily` of them (see {@link spread}). */
export const part = <T>(list: readonly T[], daily: number, from = 0): readonly T[] =>
  isNight ? list : spread(list, daily, from);

/**
 * `count` of a list, evenly spread from the one numbered `from`. Whoever takes parts of one list again and again counts `from` up, so
 * that none is left out.
 */
export function spread<T>(list: readonly T[], count: number, from: number): readonly T[] {
  if (count >= list.length) return list;
  return Array.from({ length: count }, (_, n) => list[(from + Math.floor((n * list.length) / count)) % list.length] as T);
}

/**
 * Which random sequences: the same ones every day, others every night. `PROPERTY_SEED` and `PROPERTY_PATH`, as a failure tells them,
 * play that one again.
 */
export const sequences = {
  seed: process.env.PROPERTY_SEED ? Number(process.env.PROPERTY_SEED) : isNight ? undefined : 20_261_126,
  path: process.env.PROPERTY_PATH || undefined,
};
