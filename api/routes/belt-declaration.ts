import { z } from 'zod';
import { beltColumns } from '../../sql/belts/belts.ts';
import { textField } from '../http/text.ts';
import { oneOf, whole } from './fields.ts';
import { plain, type RecordDeclaration } from './plain-record.ts';

const age = whole(0, 120).nullable().optional();
const months = whole(0, 600);

/** A belt of a program, and what the step out of it needs (R1). */
export const beltDeclaration: RecordDeclaration = {
  ...plain(
    'belts',
    'belt',
    {
      program: textField(100).meta({ description: 'of training types: trainings of it count', examples: ['Judo'] }),
      path: oneOf(['kids', 'adult']),
      position: whole(1, 100).meta({ description: 'its place on the path', examples: [1] }),
      name: textField(60).meta({ examples: ['Yellow'] }),
      max_stripes: whole(0, 20).optional(),
      min_age: age.meta({ description: 'the year it is awarded minus the year of birth; null: any', examples: [null] }),
      max_age: age.meta({ examples: [null] }),
      months: months.optional().meta({ description: 'at least so many before the next belt; 0: not asked', examples: [24] }),
      young_months: months
        .nullable()
        .optional()
        .meta({ description: 'instead of months in the years of turning 16 and 17; null: as months', examples: [null] }),
      trainings: whole(0, 100_000)
        .optional()
        .meta({ description: 'at least so many PRESENT before the next belt; 0: not asked', examples: [0] }),
      stripe_months: z
        .array(months, { error: 'at most 20 numbers of months' })
        .max(20, { error: 'at most 20 numbers of months' })
        .optional()
        .meta({ description: 'the nth: months from the nth stripe to the next; the last holds for the rest', examples: [[6]] }),
      stripe_trainings: whole(0, 100_000)
        .optional()
        .meta({ examples: [0] }),
      becomes: whole(1, 100)
        .nullable()
        .optional()
        .meta({
          description: "of kids' belts: the highest adult position it may become in the year of turning 16",
          examples: [null],
        }),
    },
    beltColumns,
    ['program', 'path'],
  ),
  rule: ({ min_age: least, max_age: most }) =>
    typeof least === 'number' && typeof most === 'number' && most < least
      ? { path: 'max_age', message: 'min_age or more' }
      : null,
};
