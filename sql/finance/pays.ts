import { sql } from '../database/database.ts';

type Fragment = ReturnType<typeof sql.fragment>;

/** Whether a subscription, called `held`, may pay for a training of a day, its sessions aside (D13). */
export const paysOn = (day: Fragment) => sql.fragment`(
  held.status <> 'cancelled' and ${day} between held.start_date and held.end_date
  and (held.freeze_start_date is null or ${day} not between held.freeze_start_date and held.freeze_end_date))`;

/** The order in which subscriptions pay (D13): unlimited before limited, then the one that ends first, then the older one. */
export const firstToPay = sql.fragment`(held.sessions_left is null) desc, held.end_date, held.id`;
