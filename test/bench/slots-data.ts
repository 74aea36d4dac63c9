import pg from 'pg';

/**
 * Specialists in twenty locations, with a lunch break, two bookings and every third day a training, sixty days long, and some
 * overrides and absences. Returns the service they all give and the first specialist.
 */
export async function fillCalendars(url: string, specialists: number, zone: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const at = (day: string, time: string) => `((${day})::date + time '${time}') at time zone '${zone}'`;
  const today = `(now() at time zone '${zone}')::date`;
  // The rows are as the triggers would have made them; making 120,000 of them one by one is not what is measured.
  await client.query(`
    set session_replication_role = replica;
    insert into locations (name, work_schedule)
      select 'Салон ' || n, (select jsonb_object_agg(d, '[["08:00", "21:00"]]'::jsonb) from generate_series(0, 6) as d) from generate_series(1, 20) as n;
    insert into users (first_name) select 'Мастер ' || n from generate_series(1, ${specialists}) as n;
    insert into specialists (id, location_id, work_schedule)
      select id, 1 + id % 20, (select jsonb_object_agg(d, '[["09:00", "13:00"], ["14:00", "20:00"]]'::jsonb) from generate_series(0, 5) as d)
      from users;
    insert into users (first_name) select 'Клиент ' || n from generate_series(1, 5000) as n;
    insert into services (name, duration_minutes, break_minutes) values ('Массаж', 50, 10);
    insert into specialist_services select id, 1 from specialists;
    insert into training_types (name, max_participants, duration_minutes) values ('Йога', 10, 60);
    insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, break_minutes,
        service_price_minor, price_minor, status)
      select ${specialists} + 1 + (specialist.id * 2 + hour / 4) % 5000, ${specialists} + 1, specialist.id, 1, start, start + interval '50 min', start + interval '75 min',
        50, 10, 0, 0, 'CONFIRMED'
      from specialists specialist, generate_series(0, 59) as n, unnest(array[10, 15]) as hour,
        lateral (select ${at(`${today} + n`, '00:00')} + make_interval(hours => hour) as start) as given;
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      select 1, specialist.id, ${today} + n, '18:00', ${at(`${today} + n`, '18:00')}, ${at(`${today} + n`, '19:00')}, 10, 0
      from specialists specialist, generate_series(0, 59, 3) as n;
    insert into calendar_overrides (specialist_id, day, intervals)
      select id, ${today} + (id % 60), '[["10:00", "15:00"]]' from specialists;
    insert into specialist_absences (specialist_id, from_at, to_at)
      select id, ${at(`${today} + (id % 50)`, '00:00')}, ${at(`${today} + (id % 50) + 3`, '00:00')} from specialists where id % 3 = 0;
    select fill_occupancies();
    set session_replication_role = default;
    analyze`);
  await client.end();
  return { service: 1, specialist: 7 };
}
