import { z } from 'zod';
import { flag } from '../../queues/jobs/run-definition.ts';
import { anyDay, endDay, exampleDay } from '../../queues/time/days.ts';
import { isClient } from '../../sql/bookings/clients.ts';
import { textField } from '../http/text.ts';
import { calendarOverrides } from './calendar-overrides.ts';
import { id, idOf, minor, oneOf, termFields, termRow, whole, wrongTerm } from './fields.ts';
import { plain, type RecordDeclaration } from './plain-record.ts';

const PERCENT = 'a percentage from 0.01 to 100, with two decimals at most';
const percent = z
  .number({ error: PERCENT })
  .min(0.01, { error: PERCENT })
  .max(100, { error: PERCENT })
  .multipleOf(0.01, { error: PERCENT })
  .meta({ examples: [10] });

const part = z.strictObject({ service_id: id, units: whole(1, 1_000) }, { error: 'a service_id with its units' });
const COMPOSITION = 'a list such as [{"service_id": 3, "units": 10}], each service once';
const composition = z
  .array(part, { error: COMPOSITION })
  .min(1, { error: COMPOSITION })
  .max(50, { error: 'at most 50 services' })
  .meta({ examples: [[{ service_id: 1, units: 10 }]] })
  .refine((parts) => new Set(parts.map((part) => part.service_id)).size === parts.length, { error: COMPOSITION });

export const clientDiscounts: RecordDeclaration = {
  ...plain(
    'client_discounts',
    'client discount',
    {
      client_id: idOf('the client who gets it'),
      service_id: id.nullable().optional(),
      kind: oneOf(['percent', 'fixed']),
      percent: percent.nullable().optional(),
      amount_minor: minor(1).nullable().optional(),
      valid_from: anyDay.nullable().optional(),
      valid_to: endDay.nullable().optional(),
      reason: textField(500).nullable().optional(),
      is_active: flag.optional(),
    },
    {
      client_id: z.int(),
      service_id: z.int().nullable(),
      kind: z.enum(['percent', 'fixed']),
      percent: z.coerce.number().nullable(),
      amount_minor: z.int().nullable(),
      valid_from: z.iso.date().nullable(),
      valid_to: z.iso.date().nullable(),
      reason: z.string().nullable(),
      is_active: z.boolean(),
    },
    ['client_id', 'service_id', 'is_active'],
  ),
  rule({ kind, percent: share, amount_minor, valid_from, valid_to }) {
    if (kind === 'percent' && (share == null || amount_minor != null))
      return { path: 'percent', message: 'a percent discount has a percent and no amount_minor' };
    if (kind === 'fixed' && (amount_minor == null || share != null))
      return { path: 'amount_minor', message: 'a fixed discount has an amount_minor and no percent' };
    if (valid_from && valid_to && valid_to < valid_from) return { path: 'valid_to', message: 'not before valid_from' };
    return null;
  },
  refersTo: async ({ client_id }, db) =>
    client_id === undefined || (await isClient(db, Number(client_id)))
      ? null
      : { path: 'client_id', message: `there is no client ${client_id}` },
  get example() {
    return {
      client_id: 1,
      kind: 'percent',
      percent: 10,
      valid_from: exampleDay(7),
      valid_to: exampleDay(20),
      reason: 'birthday',
    };
  },
};

/** What the routes of booking keep beside bookings: the same four routes as for every record. */
export const bookingDeclarations: RecordDeclaration[] = [
  plain(
    'services',
    'service',
    {
      name: textField(100).meta({ examples: ['Massage'] }),
      description: textField(2_000).nullable().optional(),
      duration_minutes: whole(1, 720).meta({ examples: [50] }),
      break_minutes: whole(0, 720)
        .meta({ examples: [10] })
        .optional(),
      price_minor: minor(0).optional(),
      is_active: flag.optional(),
    },
    {
      name: z.string(),
      description: z.string().nullable(),
      duration_minutes: z.int(),
      break_minutes: z.int(),
      price_minor: z.int(),
      is_active: z.boolean(),
    },
    ['is_active'],
  ),
  calendarOverrides,
  {
    ...plain(
      'service_packages',
      'service package',
      {
        name: textField(100).meta({ examples: ['Ten massages'] }),
        composition,
        price_minor: minor(0),
        ...termFields,
        is_active: flag.optional(),
      },
      {
        name: z.string(),
        composition: z.array(z.object({ service_id: z.int(), units: z.int() })),
        price_minor: z.int(),
        ...termRow,
        is_active: z.boolean(),
      },
      ['is_active'],
    ),
    rule: (body: Record<string, unknown>) => wrongTerm(body, false),
    example: { name: 'Ten massages', composition: [{ service_id: 1, units: 10 }], price_minor: 1_500_000, validity_days: 90 },
  },
  clientDiscounts,
];
