import { z } from 'zod';
import { flag } from '../../queues/jobs/run-definition.ts';
import { anyDay, birthDay, notBorn } from '../../queues/time/days.ts';
import type { Sql } from '../../sql/database/database.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { findClientToEnrol } from '../../sql/records/students.ts';
import { demandPayerNaming, demandRecognition } from '../../workers/rights.ts';
import { workSchedule } from '../../workers/slots/work-schedule.ts';
import { email, phone, textField } from '../http/text.ts';
import { id, idOf, oneOf } from './fields.ts';
import { type RecordDeclaration, scheduleRow } from './plain-record.ts';

const person = {
  first_name: textField(100).meta({ examples: ['Anna'] }),
  last_name: textField(100, 0)
    .meta({ examples: ['Ivanova'] })
    .optional(),
  phone: phone.nullable().optional(),
  email: email.nullable().optional(),
  // No example: some number is somebody's.
  telegram_id: z
    .int({ error: 'a Telegram user id, above 0' })
    .positive({ error: 'a Telegram user id, above 0' })
    .nullable()
    .optional()
    .meta({ examples: [null] }),
  telegram_username: textField(64)
    .nullable()
    .optional()
    .meta({ examples: [null] }),
  locale: oneOf(LOCALES)
    .meta({ examples: ['en'] })
    .nullable()
    .optional(),
  birth_date: birthDay
    .nullable()
    .optional()
    .meta({ examples: ['1990-04-17'] }),
  gender: oneOf(['female', 'male'])
    .meta({ examples: ['female'] })
    .nullable()
    .optional(),
  notes: textField(5_000).nullable().optional(),
  is_active: flag.optional(),
};
const personRow = {
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  telegram_id: z.int().nullable(),
  telegram_username: z.string().nullable(),
  locale: z.string().nullable(),
  birth_date: z.iso.date().nullable(),
  gender: z.string().nullable(),
  notes: z.string().nullable(),
  is_active: z.boolean(),
  merged_into: z.int().nullable().meta({ description: 'who this person is now: two records of one were merged; null: this one' }),
};
const users = { table: 'users', columns: Object.keys(person), shown: ['merged_into'] };

/** A birth has been (D42). */
const born = ({ birth_date }: Record<string, unknown>, today: string) => {
  const message = notBorn(birth_date, today);
  return message ? { path: 'birth_date', message } : null;
};

/** The fields of a student beyond those of a person. `payer_id` null: the student pays. */
export const studentFields = {
  payer_id: idOf('whoever pays for the student; by default the student').optional(),
  health_note: textField(2_000).nullable().optional().meta({ description: 'what a trainer must know of the health' }),
  current_belt: textField(40)
    .meta({ examples: ['yellow'] })
    .nullable()
    .optional(),
  registration_date: anyDay.optional(),
};
const specialist = {
  position: textField(100)
    .meta({ examples: ['trainer'] })
    .nullable()
    .optional(),
  bio: textField(1_000)
    .nullable()
    .optional()
    .meta({ description: 'a few sentences for the booking site; everybody may read it' }),
  is_main: flag.optional(),
  location_id: id.nullable().optional(),
  work_schedule: workSchedule.optional(),
};

/** How somebody who commands is recognised changes only with a scope of its own (D46). */
const demandsOfPerson: RecordDeclaration['demands'] = async ({ id, before, body }, context) => {
  if (id !== null && before !== null) await demandRecognition(context, id, before, body);
};

/** Beside it, who pays for a student changes only with the money scope (D45). */
const demandsOfStudent: RecordDeclaration['demands'] = async (change, context) => {
  const before = change.before && paid.parse(change.before).payer_id;
  demandPayerNaming(context.caller, before ?? null, paid.parse(change.body).payer_id);
  await demandsOfPerson(change, context);
};
const paid = z.object({ payer_id: z.int().optional() });

export const students: RecordDeclaration = {
  path: '/api/students',
  noun: 'student',
  fields: { ...person, ...studentFields },
  filters: ['phone', 'telegram_id', 'payer_id', 'is_active'],
  todayField: 'registration_date',
  onDay: born,
  conflict: clientInTheWay,
  demands: demandsOfStudent,
  kind: {
    tables: [users, { table: 'students', columns: Object.keys(studentFields) }],
    role: 'client',
    row: z.object({
      ...personRow,
      payer_id: z.int().nullable().meta({ description: 'null to a trainer' }),
      health_note: z.string().nullable(),
      current_belt: z.string().nullable(),
      registration_date: z.iso.date(),
    }),
  },
};

/** Clients, students and specialists: a person is one row of `users`, whatever else they are. */
export const peopleDeclarations: RecordDeclaration[] = [
  {
    path: '/api/clients',
    noun: 'client',
    fields: person,
    filters: ['phone', 'telegram_id', 'is_active'],
    onDay: born,
    demands: demandsOfPerson,
    kind: { tables: [users], role: 'client', row: z.object(personRow) },
  },
  students,
  {
    path: '/api/specialists',
    noun: 'specialist',
    fields: { ...person, ...specialist },
    filters: ['phone', 'location_id', 'is_active'],
    onDay: born,
    demands: demandsOfPerson,
    kind: {
      tables: [users, { table: 'specialists', columns: Object.keys(specialist) }],
      role: 'trainer',
      row: z.object({
        ...personRow,
        position: z.string().nullable(),
        bio: z.string().nullable(),
        is_main: z.boolean(),
        location_id: z.int().nullable(),
        work_schedule: scheduleRow,
      }),
    },
  },
];

const namely = z.object({ phone: z.string().nullish(), telegram_id: z.int().nullish() });

/** Who books already is not made anew as a student: that would be the same person twice. */
async function clientInTheWay(body: Record<string, unknown>, db: Sql): Promise<string | null> {
  const { phone = null, telegram_id = null } = namely.parse(body);
  const client = await findClientToEnrol(db, { phone, telegramId: telegram_id });
  return client && `this ${client.by} is client ${client.id}'s, whom POST /api/clients/${client.id}/student makes a student`;
}
