import fc from 'fast-check';
import { rounds, sequences } from '../../support/nightly-only.ts';

/** How many sequences, and which. */
export const chosen = {
  ...sequences,
  numRuns: rounds({ daily: 60, nightly: 2_000 }),
  // Nothing here is interesting for being small; long sequences are.
  unbiased: true,
};

/** Checks a property; when it fails, the error tells the smallest sequence found, and the command that plays it again. */
export async function assertOrReplay<T>(
  property: fc.IAsyncProperty<T>,
  parameters: fc.Parameters<T> = chosen as fc.Parameters<T>,
) {
  const details = await fc.check(property, parameters);
  if (!details.failed) return;
  const report = await fc.asyncDefaultReportMessage(details);
  const { seed, counterexamplePath: path } = details;
  const why = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  throw new Error(
    `${report}\n\n${why}\n\nPlay it again:\n  PROPERTY_SEED=${seed} PROPERTY_PATH=${path} npm run jest -- test/finance/properties\n`,
  );
}
