import { expect, test } from '@jest/globals';
import { migrate } from '../../sql/database/migrate.ts';
import { databaseBefore } from '../support/earlier-database.ts';

const VERSION = 134;

/** The first entry of the package grants its units. Bookings of 11, 21 and 22 January that were called off: the first one's unit came back, the others kept theirs. */
const SALON = `
  insert into users (first_name) select 'Человек ' || n from generate_series(1, 4) n;
  insert into specialists (id) values (4);
  insert into services (name, duration_minutes) values ('Стрижка', 60);
  insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, duration_minutes, service_price_minor, price_minor, status, cancelled_at)
    select n, n, 4, 1, at, 60, 0, 0, 'CANCELLED', at - interval '1 hour'
    from (values (1, '2026-01-11T12:00Z'::timestamptz), (2, '2026-01-21T12:00Z'), (3, '2026-01-22T12:00Z')) as made (n, at);
  insert into service_packages (name, composition, price_minor) values ('Пакет', '[{"service_id": 1, "units": 3}]', 1000);
  insert into client_packages (client_id, service_package_id, composition, price_minor, start_date, end_date)
    select 1, id, composition, price_minor, '2026-01-01', '2026-12-31' from service_packages;
  insert into package_entries (client_package_id, service_id, booking_id, delta, reason) select 1, 1, id, -1, 'booking' from bookings order by id;
  insert into package_entries (client_package_id, service_id, delta, reason, reverses_id) values (1, 1, 1, 'returned', 2);
  insert into daily_figures (day, active_students, trainings_held, trainings_cancelled, present, absent, received_minor, payments_cancelled_minor,
    invoiced_minor, invoices_cancelled_minor, new_registrations)
    select day::date, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from generate_series('2026-01-01'::date, '2026-02-01', '1 day') as day;
  delete from daily_figures_due;`;

test.each([
  ['since the first unit that was kept', SALON, '2026-01-20'],
  ['none where there is none', `${SALON} ${giveBack(3)} ${giveBack(4)} delete from daily_figures_due;`, null],
])('days to be written anew: %s', async (_, salon, first) => {
  const { url, client, close } = await databaseBefore(VERSION);
  try {
    await client.query(salon);
    await migrate(url);
    const { rows } = await client.query('select min(day)::text as first, count(*) > 0 as is_some from daily_figures_due');
    expect(rows).toEqual([{ first, is_some: first !== null }]);
  } finally {
    await close();
  }
});

function giveBack(entry: number) {
  return `insert into package_entries (client_package_id, service_id, delta, reason, reverses_id) values (1, 1, 1, 'returned', ${entry});`;
}
