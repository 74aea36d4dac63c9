import { z } from 'zod';
import type { Sql } from '../../sql/database/database.ts';
import type { RecordKind } from '../../sql/records/records.ts';
import type { Context } from '../http/route.ts';

type Wrong = { path: string; message: string };

/** A record of the studio: where it lies, what it looks like, what may be written. Its routes follow from this. */
export type RecordDeclaration = {
  path: string;
  noun: string;
  kind: RecordKind;
  fields: Record<string, z.ZodType>;
  /** Fields a list can be narrowed by. */
  filters?: string[];
  /** What a record must obey beyond its fields, new or changed: the field that is wrong and what is accepted, or null. */
  rule?: (body: Record<string, unknown>) => Wrong | null;
  /** What is wrong with the given fields on this business day, new or changed, or null. */
  onDay?: (body: Record<string, unknown>, today: string) => Wrong | null;
  /** What is wrong with whom the given fields name, where the tables know only that there is somebody, or null. */
  refersTo?: (body: Record<string, unknown>, db: Sql) => Promise<Wrong | null>;
  /** Why a new one conflicts with somebody or something that is there, where its words are better than the tables' (409), or null. */
  conflict?: (body: Record<string, unknown>, db: Sql) => Promise<string | null>;
  /** Demands what a change needs beyond the route's own scope (403). `before` is null for a new record. */
  demands?: (
    change: { id: number | null; before: object | null; body: Record<string, unknown> },
    context: Context,
  ) => Promise<void>;
  isDeletable?: boolean;
  /** What one record is answered with, read, new or changed, where that is more than its row. A list shows rows. */
  answer?: { schema: z.ZodType; of: (record: Record<string, unknown>, context: Context) => Promise<object> };
  /** A body that obeys the rule, where one with every field in it would not. */
  example?: Record<string, unknown>;
  /** The field that is today in the studio unless given. */
  todayField?: string;
};

/**
 * Work time as an answer shows it: as these routes write it, or whatever else somebody wrote into the database. That means closed
 * (D30), and is shown as it stands, for otherwise nobody could find what to mend.
 */
const asItStands = (written: z.ZodType) =>
  z.union([written, z.unknown()]).meta({ description: 'what is not as these routes would write it means closed' });
const hours = z.array(z.tuple([z.string(), z.string()]));
export const intervalsRow = asItStands(hours);
export const scheduleRow = asItStands(z.record(z.string(), hours));

/** A declaration of one plain table whose columns are the writable fields. */
export const plain = (
  table: string,
  noun: string,
  fields: RecordDeclaration['fields'],
  row: z.ZodRawShape,
  filters: string[] = [],
) => ({
  path: `/api/${table.replaceAll('_', '-')}`,
  noun,
  fields,
  filters,
  kind: { tables: [{ table, columns: Object.keys(fields) }], row: z.object({ id: z.int(), ...row }) },
});
