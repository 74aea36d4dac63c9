import { z } from 'zod';
import { workSchedule } from '../../queues/work-schedule.ts';
import { day } from '../page.ts';
import { bookingDeclarations } from './booking-declarations.ts';
import { email, flag, id, idOf, minor, oneOf, phone, text, time, whole } from './fields.ts';
import { plain, type RecordDeclaration } from './plain-record.ts';

const person = {
  first_name: text(100).meta({ examples: ['Anna'] }),
  last_name: text(100, 0)
    .meta({ examples: ['Ivanova'] })
    .optional(),
  phone: phone.nullable().optional(),
  email: email.nullable().optional(),
  // No example: some number is somebody's.
  telegram_id: z
    .int({ error: 'a Telegram user id' })
    .nullable()
    .optional()
    .meta({ examples: [null] }),
  telegram_username: text(64)
    .nullable()
    .optional()
    .meta({ examples: [null] }),
  locale: oneOf(['ru', 'uk', 'en'])
    .meta({ examples: ['en'] })
    .nullable()
    .optional(),
  birth_date: day
    .nullable()
    .optional()
    .meta({ examples: ['1990-04-17'] }),
  gender: oneOf(['female', 'male'])
    .meta({ examples: ['female'] })
    .nullable()
    .optional(),
  notes: text(5_000).nullable().optional(),
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
};
const users = { table: 'users', columns: Object.keys(person) };

const student = {
  payer_id: idOf('whoever pays for the student; by default the student').optional(),
  current_belt: text(40)
    .meta({ examples: ['yellow'] })
    .nullable()
    .optional(),
  registration_date: day.optional(),
};
const specialist = {
  position: text(100)
    .meta({ examples: ['trainer'] })
    .nullable()
    .optional(),
  is_main: flag.optional(),
  location_id: id.nullable().optional(),
  work_schedule: workSchedule.optional(),
};

const scheduleRow = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

export const declarations: RecordDeclaration[] = [
  {
    path: '/api/clients',
    one: 'client',
    fields: person,
    filters: ['phone', 'telegram_id', 'is_active'],
    kind: { tables: [users], role: 'client', row: z.object(personRow) },
  },
  {
    path: '/api/students',
    one: 'student',
    fields: { ...person, ...student },
    filters: ['phone', 'telegram_id', 'payer_id', 'is_active'],
    todayField: 'registration_date',
    kind: {
      tables: [users, { table: 'students', columns: Object.keys(student) }],
      role: 'client',
      row: z.object({
        ...personRow,
        payer_id: z.int(),
        current_belt: z.string().nullable(),
        registration_date: z.iso.date(),
      }),
    },
  },
  {
    path: '/api/specialists',
    one: 'specialist',
    fields: { ...person, ...specialist },
    filters: ['phone', 'location_id', 'is_active'],
    kind: {
      tables: [users, { table: 'specialists', columns: Object.keys(specialist) }],
      role: 'specialist',
      row: z.object({
        ...personRow,
        position: z.string().nullable(),
        is_main: z.boolean(),
        location_id: z.int().nullable(),
        work_schedule: scheduleRow,
      }),
    },
  },
  plain(
    'training_types',
    'training type',
    {
      name: text(100).meta({ examples: ['Karate'] }),
      max_participants: whole(0, 10_000).meta({ examples: [12] }),
      price_minor: minor(0).optional(),
      duration_minutes: whole(1, 1_440).meta({ examples: [60] }),
      is_subscription_only: flag.meta({ examples: [false] }).optional(),
    },
    {
      name: z.string(),
      max_participants: z.int(),
      price_minor: z.int(),
      duration_minutes: z.int(),
      is_subscription_only: z.boolean(),
    },
  ),
  plain(
    'subscriptions',
    'subscription',
    {
      name: text(100).meta({ examples: ['8 trainings'] }),
      price_minor: minor(0),
      number_of_sessions: whole(1, 10_000)
        .nullable()
        .meta({ description: 'null: unlimited', examples: [8] }),
      validity_days: whole(1, 3_660).meta({ examples: [30] }),
      is_active: flag.optional(),
    },
    {
      name: z.string(),
      price_minor: z.int(),
      number_of_sessions: z.int().nullable(),
      validity_days: z.int(),
      is_active: z.boolean(),
    },
    ['is_active'],
  ),
  plain(
    'training_templates',
    'training template',
    {
      day_number: whole(1, 7).meta({ description: '1 is Monday, 7 Sunday' }),
      start_time: time,
      training_type_id: id,
      trainer_id: idOf('the specialist who gives it'),
      room_id: id.nullable().optional(),
      is_active: flag.optional(),
    },
    {
      day_number: z.int(),
      start_time: z.string(),
      training_type_id: z.int(),
      trainer_id: z.int(),
      room_id: z.int().nullable(),
      is_active: z.boolean(),
    },
    ['day_number', 'training_type_id', 'trainer_id', 'room_id', 'is_active'],
  ),
  plain(
    'locations',
    'location',
    {
      name: text(100).meta({ examples: ['Centre'] }),
      address: text(300)
        .meta({ examples: ['1 Main Street'] })
        .nullable()
        .optional(),
      work_schedule: workSchedule.optional(),
      is_active: flag.optional(),
    },
    { name: z.string(), address: z.string().nullable(), work_schedule: scheduleRow, is_active: z.boolean() },
  ),
  plain(
    'rooms',
    'room',
    { location_id: id, name: text(100).meta({ examples: ['Big hall'] }), is_active: flag.optional() },
    { location_id: z.int(), name: z.string(), is_active: z.boolean() },
    ['location_id'],
  ),
  ...bookingDeclarations,
];
