import type pg from 'pg';

/** What only opens doors, and what machinery holds for moments: of no use elsewhere, and dangerous in a file. */
export const LEFT_OUT = [
  'api_keys',
  'passwords',
  'totp_secrets',
  'recovery_codes',
  'signing_secrets',
  'sessions',
  'live_tickets',
  'sign_in_links',
  'telegram_links',
  'demo_links',
  'calendar_links',
  'check_in_codes',
  'push_subscriptions',
  'registrations',
  'idempotency_keys',
  'used_init_data',
  'site_holds',
  'export_parts',
];

/** The tables of the studio, by name, without those that hold secrets. */
export async function tablesToExport(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and relname <> all($1) order by relname`,
    [LEFT_OUT],
  );
  return rows.map(({ name }) => name);
}
