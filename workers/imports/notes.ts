import type { RowOutcome } from '../../sql/imports/imports.ts';

/** What a preview says of a row: a code that has words in each language, the column it is about, and what the words are filled with. */
export type Note = { code: NoteCode; column?: string; params?: Record<string, string | number> };

/** Of these the row is not taken. */
export const ERRORS = [
  'no_name',
  'name_long',
  'bad_text',
  'no_key',
  'bad_id',
  'no_such_id',
  'phone_lost',
  'phone',
  'email',
  'date',
  'date_order',
  'date_mixed',
  'no_such_day',
  'not_born',
  'out_of_range',
  'gender',
  'sessions',
  'unlimited_left',
  'subscription_days',
  'subscription_missing',
  'no_group',
  'no_subscription',
  'no_payer',
  'inactive',
  'weekday',
  'time',
  'no_type',
  'no_trainer',
  'no_room',
  'ambiguous',
] as const;
/** Of these neither: somebody has to decide. */
export const CONFLICTS = [
  'two_candidates',
  'two_in_file',
  'rows_differ',
  'two_adults',
  'no_adult',
  'phone_taken',
  'commands',
  'trainer_busy',
  'room_busy',
] as const;
/** These only say something. */
const REMARKS = [
  'kept',
  'same_person',
  'family',
  'taken_for_adult',
  'subscription_over',
  'subscription_held',
  'phone_left',
] as const;
/** What will be written of somebody who is known. */
const PROMISES = ['enrols', 'added', 'replaced', 'joins', 'holds'] as const;

export type NoteCode = (typeof ERRORS | typeof CONFLICTS | typeof REMARKS | typeof PROMISES)[number];

/** One row of the file, by its number in it, and what becomes of it. */
export type PlannedRow = { row: number; outcome: RowOutcome; name: string; person_id: number | null; notes: Note[] };

export const isError = ({ code }: Note) => (ERRORS as readonly string[]).includes(code);
export const isPromise = ({ code }: Note) => (PROMISES as readonly string[]).includes(code);
export const isConflict = ({ code }: Note) => (CONFLICTS as readonly string[]).includes(code);
