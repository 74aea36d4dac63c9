import type { z } from 'zod';
import type { knownGroup, knownHeld, knownPerson, knownSubscription } from '../../sql/imports/world.ts';

export type KnownPerson = z.output<typeof knownPerson>;
/** What is known already of those a file names. */
export type World = {
  people: readonly KnownPerson[];
  groups: readonly z.output<typeof knownGroup>[];
  catalogue: readonly z.output<typeof knownSubscription>[];
  members: readonly { student_id: number; group_id: number }[];
  held: readonly z.output<typeof knownHeld>[];
};
