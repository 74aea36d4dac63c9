import { z } from 'zod';
import { anyDay, exampleDay } from '../../queues/time/days.ts';
import { dayKinds } from '../../sql/calendar/days.ts';
import { textField } from '../http/text.ts';
import { id, oneOf } from './fields.ts';
import { plain, type RecordDeclaration } from './plain-record.ts';

const COUNTRY = 'a country of two letters, such as RU';
export const country = z
  .string({ error: COUNTRY })
  .regex(/^[A-Z]{2}$/, { error: COUNTRY })
  .meta({ examples: ['RU'] });

export const calendarDayFields = {
  date: anyDay,
  kind: oneOf(dayKinds).meta({ description: 'off closes; short and working only say so', examples: ['off'] }),
  name: textField(100).meta({ examples: ['New Year'] }),
};

/** Days off and other days of calendars (R17). */
export const calendarDays: RecordDeclaration = {
  ...plain(
    'calendar_days',
    'calendar day',
    {
      ...calendarDayFields,
      country: country
        .nullable()
        .optional()
        .meta({ description: "null: the studio's own", examples: [null] }),
      location_id: id
        .nullable()
        .optional()
        .meta({ description: 'null: every location that does not work on days off', examples: [null] }),
    },
    {
      date: z.iso.date(),
      kind: z.enum(dayKinds),
      name: z.string(),
      country: z.string().nullable(),
      location_id: z.int().nullable(),
    },
    ['date', 'kind', 'country', 'location_id'],
  ),
  isDeletable: true,
  get example() {
    return { date: exampleDay(20), kind: 'off', name: 'Spring cleaning' };
  },
};
