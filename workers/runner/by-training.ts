/** Trainings that the details of a run list; what was done in more of them is in the counts only. */
const MOST_LISTED = 500;

/** What a run did in a training, by counts. */
type Done = { training_id: number } & Record<string, number>;
/** What a run did, training by training; `is_cut`: there were more than are listed. */
type ByTraining<D extends Done = Done> = { trainings: D[]; is_cut: boolean };

/** Where a run begins. */
export const nothingDone: { trainings: []; is_cut: boolean } = { trainings: [], is_cut: false };

/** Adds what was done in a chunk: counts of the same training are summed. */
export function addDone<D extends Done>({ trainings, is_cut }: ByTraining<D>, more: readonly D[]): ByTraining<D> {
  const known = new Map(trainings.map((done) => [done.training_id, done]));
  let isCut = is_cut;
  for (const done of more) {
    const before = known.get(done.training_id);
    if (before) known.set(done.training_id, sumOf(before, done));
    else if (known.size < MOST_LISTED) known.set(done.training_id, done);
    else isCut = true;
  }
  return { trainings: [...known.values()], is_cut: isCut };
}

const sumOf = <D extends Done>(before: D, { training_id, ...counts }: D): D =>
  Object.fromEntries([
    ['training_id', training_id],
    ...Object.entries(counts).map(([name, count]) => [name, (before[name] ?? 0) + count]),
  ]) as D;
