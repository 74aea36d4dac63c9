import { z } from 'zod';
import type { RecordKind } from '../../sql/records.ts';

/** A record of the studio: where it lies, what it looks like, what may be written. Its doors follow from this. */
export type RecordDeclaration = {
  path: string;
  one: string;
  kind: RecordKind;
  fields: Record<string, z.ZodType>;
  /** Fields a list can be narrowed by. */
  filters?: string[];
  /** What a record must obey beyond its fields, new or changed: the field that is wrong and what is accepted, or null. */
  rule?: (body: Record<string, unknown>) => { path: string; message: string } | null;
  isDeletable?: boolean;
  /** A body that obeys the rule, where one with every field in it would not. */
  example?: Record<string, unknown>;
  /** The field that is today in the studio unless given. */
  todayField?: string;
};

/** A declaration of one plain table whose columns are the writable fields. */
export const plain = (
  table: string,
  one: string,
  fields: RecordDeclaration['fields'],
  row: z.ZodRawShape,
  filters: string[] = [],
) => ({
  path: `/api/${table.replaceAll('_', '-')}`,
  one,
  fields,
  filters,
  kind: { tables: [{ table, columns: Object.keys(fields) }], row: z.object({ id: z.int(), ...row }) },
});
