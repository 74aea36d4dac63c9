import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { message, nameOrNull } from './message.ts';

const unit = z.enum(['g', 'ml', 'pcs']);
/** A restock task as a message tells it: what was added to it. Quantities in thousandths. */
const task = {
  task_id: z.int(),
  terminal: z.string(),
  items: z.array(
    z.object({
      ingredient_id: z.int(),
      ingredient: z.string(),
      unit,
      quantity_milli: z.int(),
      critical_milli: z.int(),
      missing: z.boolean(),
    }),
  ),
};

/** Messages to owners of vending machines and to those who refill them. Nobody is called: the admins hear of what is grave. */
export const vendingMessages = {
  vending_task: message(z.object(task), {
    call: false,
    kind: 'vending_task',
    urgency: 'normal',
    subjects: (params) => [`vending_task:${params.task_id}`],
  }),
  vending_offline: message(
    z.object({ terminal_id: z.int(), terminal: z.string(), last_online_at: z.iso.datetime().nullable() }),
    {
      call: false,
      kind: 'vending_alert',
      urgency: 'normal',
      subjects: (params) => [`vending_terminal:${params.terminal_id}`],
      supersedes: ['vending_offline'],
    },
  ),
  vending_unpaid: message(z.object({ owner_id: z.int() }), {
    call: false,
    kind: null,
    urgency: 'normal',
    subjects: () => ['vending_account'],
  }),
  vending_refused: message(z.object({ needs_code: z.boolean() }), {
    call: false,
    kind: null,
    urgency: 'normal',
    subjects: () => ['vending_account'],
    supersedes: ['vending_refused'],
  }),
  vending_needs_recipe: message(z.object({ items: z.array(z.object({ terminal: z.string(), machine_item_id: z.int() })) }), {
    call: false,
    kind: 'vending_alert',
    urgency: 'normal',
  }),
  vending_digest: message(
    z.object({
      places: z.array(
        z.object({
          kind: z.enum(['warehouse', 'stand', 'machine']),
          terminal: nameOrNull,
          lines: z.array(z.object({ ingredient: z.string(), unit, net_milli: z.int() })),
        }),
      ),
    }),
    { call: false, kind: 'vending_digest', urgency: 'digest' },
  ),
  vending_summary: message(
    z.object({ date: day, terminals: z.array(z.object({ terminal: z.string(), sales: z.int(), revenue_minor: z.int() })) }),
    { call: false, kind: 'vending_summary', urgency: 'digest' },
  ),
};

/** The same of a machine that nobody is to refill, for the admins. */
export const vendingAdminMessages = {
  vending_task_unassigned: message(z.object({ ...task, owner: z.string() }), {
    kind: 'vending_task',
    urgency: 'normal',
    subjects: (params) => [`vending_task:${params.task_id}`],
  }),
};
