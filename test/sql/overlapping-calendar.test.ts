import { expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { openDatabase } from '../../sql/database/database.ts';
import { migrate } from '../../sql/database/migrate.ts';
import { databaseBefore } from '../support/earlier-database.ts';

const CALENDAR = 25;

/** A database as it was before the calendar, with people in several places at once. */
const STUDIO = `
  insert into users (first_name) select 'Человек ' || n from generate_series(1, 6) n;
  insert into students (id) select id from users;
  insert into specialists (id) select id from users where id in (1, 2, 3);
  insert into locations (name) values ('Зал');
  insert into rooms (location_id, name) values (1, 'Комната');
  insert into training_types (name, max_participants, duration_minutes) values ('Карате', 10, 60);
  insert into services (name, duration_minutes, break_minutes) values ('Стрижка', 60, 15);
  insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select 1, trainer, null, '2030-01-07', '10:00', '2030-01-07T10:00Z'::timestamptz, '2030-01-07T11:00Z'::timestamptz, 10, 0 from unnest(array[1, 2]) trainer;
  -- Person 4 is in both trainings; person 5 in one, and booked then; person 1 gives one and is a client then.
  insert into real_training_students (real_training_id, student_id) values (1, 4), (2, 4), (1, 5), (2, 6);
  insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, duration_minutes, break_minutes, service_price_minor, price_minor, status)
    values (5, 5, 3, 1, '2030-01-07T09:30Z', 60, 15, 0, 0, 'CONFIRMED'), (1, 1, 3, 1, '2030-01-07T10:45Z', 60, 15, 0, 0, 'CONFIRMED');
  insert into specialist_absences (specialist_id, from_at, to_at) values (2, '2030-01-07T00:00Z', '2030-01-08T00:00Z');`;

test('overlaps that were there stand, are found by the audit, and get no new ones beside them', async () => {
  const { url, client, close } = await databaseBefore(CALENDAR);
  try {
    await client.query(STUDIO);
    await migrate(url);

    const { rows } = await client.query(
      'select person_id, booking_id, real_training_id from occupancies where not is_exclusive and absence_id is null order by 1',
    );
    expect(rows).toEqual([
      { person_id: 1, booking_id: 2, real_training_id: null },
      { person_id: 4, booking_id: null, real_training_id: 2 },
      { person_id: 5, booking_id: 1, real_training_id: null },
    ]);
    const db = await openDatabase(url, { max: 1 });
    const findings = await auditBooks(db, '2020-01-01').finally(() => db.end());
    expect(findings.filter(({ rule }) => rule === 'two_places' || rule === 'calendar_differs')).toEqual([
      { rule: 'two_places', id: 1, detail: 'training 1 as trainer and booking 2 as client' },
      { rule: 'two_places', id: 4, detail: 'training 1 as student and training 2 as student' },
      { rule: 'two_places', id: 5, detail: 'booking 1 as client and training 1 as student' },
    ]);

    // Beside what stands, and beside what is let be, nothing new comes; what was let be may move to where nothing is.
    const book = (person: number, at: string) =>
      client.query(
        `insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, duration_minutes, break_minutes, service_price_minor, price_minor, status)
         values ($1, $1, 2, 1, $2, 15, 0, 0, 0, 'CONFIRMED')`,
        [person, at],
      );
    await client.query('delete from specialist_absences');
    await client.query(`update real_trainings set status = 'cancelled', cancelled_at = now() where id = 2`);
    await expect(book(5, '2030-01-07T09:30Z')).rejects.toMatchObject({ code: '23P01' });
    await client.query(`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (1, 2, '2030-01-07', '11:15', '2030-01-07T11:15Z', '2030-01-07T12:15Z', 10, 0)`);
    const seat = () => client.query('insert into real_training_students (real_training_id, student_id) values (3, 1)');
    await expect(seat()).rejects.toMatchObject({ code: '23P01', constraint: 'student_is_elsewhere' });
    await client.query(`update bookings set starts_at = '2030-01-07T13:00Z' where id = 2`);
    await seat();
    const back = client.query(`update bookings set starts_at = '2030-01-07T11:00Z' where id = 2`);
    await expect(back).rejects.toMatchObject({ code: '23P01', constraint: 'client_is_elsewhere' });
  } finally {
    await close();
  }
});
