import type { z } from 'zod';
import type { catalogueRow, knownGroup, knownHeld, knownPerson } from '../../sql/imports/world.ts';

export type Person = z.output<typeof knownPerson>;
/** What is known already of those a file names. */
export type World = {
  people: readonly Person[];
  groups: readonly z.output<typeof knownGroup>[];
  catalogue: readonly z.output<typeof catalogueRow>[];
  members: readonly { student_id: number; group_id: number }[];
  held: readonly z.output<typeof knownHeld>[];
};
