import { z } from 'zod';
import { flag } from '../../queues/jobs/run-definition.ts';
import { workSchedule } from '../../workers/slots/work-schedule.ts';
import { textField } from '../http/text.ts';
import { beltDeclaration } from './belt-declaration.ts';
import { bookingDeclarations } from './booking-declarations.ts';
import { calendarDays } from './calendar-days.ts';
import { id, idOf, minor, termFields, termRow, time, whole, wrongTerm } from './fields.ts';
import { peopleDeclarations } from './people-declarations.ts';
import { plain, type RecordDeclaration, scheduleRow } from './plain-record.ts';

export const declarations: RecordDeclaration[] = [
  ...peopleDeclarations,
  plain(
    'training_types',
    'training type',
    {
      name: textField(100).meta({ examples: ['Karate'] }),
      max_participants: whole(0, 10_000).meta({ examples: [12] }),
      price_minor: minor(0).optional(),
      duration_minutes: whole(1, 1_440).meta({ examples: [60] }),
      is_subscription_only: flag.meta({ examples: [false] }).optional(),
      program: textField(100)
        .nullable()
        .optional()
        .meta({ description: 'types of one program share it; null: the type is one of its own', examples: [null] }),
    },
    {
      name: z.string(),
      max_participants: z.int(),
      price_minor: z.int(),
      duration_minutes: z.int(),
      is_subscription_only: z.boolean(),
      program: z.string().nullable(),
    },
  ),
  {
    ...plain(
      'subscriptions',
      'subscription',
      {
        name: textField(100).meta({ examples: ['8 trainings'] }),
        price_minor: minor(0),
        number_of_sessions: whole(1, 10_000)
          .nullable()
          .meta({ description: 'null: unlimited', examples: [8] }),
        ...termFields,
        is_active: flag.optional(),
      },
      {
        name: z.string(),
        price_minor: z.int(),
        number_of_sessions: z.int().nullable(),
        ...termRow,
        is_active: z.boolean(),
      },
      ['is_active'],
    ),
    rule: (body: Record<string, unknown>) => wrongTerm(body, true),
    example: { name: '8 trainings', price_minor: 480_000, number_of_sessions: 8, validity_days: 30 },
  },
  {
    ...plain(
      'groups',
      'group',
      {
        name: textField(100).meta({ examples: ['Monday and Wednesday'] }),
        trainer_id: idOf('the specialist who has it'),
        is_active: flag.optional().meta({ description: 'false: it seats nobody in the weeks to come' }),
      },
      { name: z.string(), trainer_id: z.int(), is_active: z.boolean() },
      ['trainer_id', 'is_active'],
    ),
    isDeletable: true,
  },
  plain(
    'training_templates',
    'training template',
    {
      day_number: whole(1, 7).meta({ description: '1 is Monday, 7 Sunday' }),
      start_time: time,
      training_type_id: id,
      trainer_id: idOf('the specialist who gives it'),
      room_id: id.nullable().optional(),
      group_id: id.nullable().optional().meta({ description: 'the group whose members have a place in it' }),
      is_active: flag.optional(),
    },
    {
      day_number: z.int(),
      start_time: z.string(),
      training_type_id: z.int(),
      trainer_id: z.int(),
      room_id: z.int().nullable(),
      group_id: z.int().nullable(),
      is_active: z.boolean(),
    },
    ['day_number', 'training_type_id', 'trainer_id', 'room_id', 'group_id', 'is_active'],
  ),
  plain(
    'locations',
    'location',
    {
      name: textField(100).meta({ examples: ['Centre'] }),
      address: textField(300)
        .meta({ examples: ['1 Main Street'] })
        .nullable()
        .optional(),
      work_schedule: workSchedule.optional(),
      works_on_off_days: flag
        .optional()
        .meta({ description: 'true: it stays open on days off that name no location', examples: [false] }),
      is_active: flag.optional(),
    },
    {
      name: z.string(),
      address: z.string().nullable(),
      work_schedule: scheduleRow,
      works_on_off_days: z.boolean(),
      is_active: z.boolean(),
    },
  ),
  plain(
    'rooms',
    'room',
    { location_id: id, name: textField(100).meta({ examples: ['Big hall'] }), is_active: flag.optional() },
    { location_id: z.int(), name: z.string(), is_active: z.boolean() },
    ['location_id'],
  ),
  beltDeclaration,
  calendarDays,
  ...bookingDeclarations,
];
