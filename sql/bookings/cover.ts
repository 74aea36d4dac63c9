import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

type Wanted = { clientId: number; payerId: number; serviceId: number; priceMinor: number };

const covered = z.object({ is_covered: z.boolean() });

/**
 * Whether a booking of a business day could be paid as things stand: from the payer's wallet, or with a unit of a package that is
 * valid on it. Nothing is locked; the confirmation decides.
 */
export const isCovered = (db: Sql, payFrom: 'wallet' | 'package', of: Wanted, day: string): Promise<boolean> =>
  db.oneFirst(
    payFrom === 'wallet'
      ? sql.type(covered)`
        select coalesce((select balance_minor from wallets where user_id = ${of.payerId}), 0) >= ${of.priceMinor}::int8 as is_covered`
      : sql.type(covered)`
        select exists (
          select from client_packages bought join client_package_units units on units.client_package_id = bought.id
          where bought.client_id = ${of.clientId} and bought.status = 'active' and units.service_id = ${of.serviceId}
            and units_left > 0 and ${day}::date between bought.start_date and bought.end_date) as is_covered`,
  );
