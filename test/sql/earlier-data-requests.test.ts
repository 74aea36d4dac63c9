import { expect, test } from '@jest/globals';
import { migrate } from '../../sql/database/migrate.ts';
import { databaseBefore } from '../support/earlier-database.ts';

const REQUESTS = 129;

/** Person 2 was merged into person 1; person 3 withdrew twice; the last task was written by hand. */
const STUDIO = `
  insert into users (first_name) select 'Человек ' || n from generate_series(1, 3) n;
  update users set is_active = false, merged_into = 1 where id = 2;
  insert into admin_tasks (kind, title, details, dedupe_key) values
    ('erase_person', 'x', '{"person_id": 2, "consent_id": 1, "erase_by": "2026-12-26"}', 'erase_person:2:1'),
    ('erase_person', 'x', '{"person_id": 3, "consent_id": 2, "erase_by": "2026-12-26"}', 'erase_person:3:2'),
    ('erase_person', 'x', '{"person_id": 3, "consent_id": 3, "erase_by": "2026-12-30"}', 'erase_person:3:3');
  insert into admin_tasks (kind, title, details, created_by) values
    ('erase_person', 'x', '{"person_id": "three", "erase_by": "soon"}', 'desk');`;

test('tasks to erase somebody that were written before say whose they are and when they are due', async () => {
  const { url, client, close } = await databaseBefore(REQUESTS);
  try {
    await client.query(STUDIO);
    await migrate(url);
    const { rows } = await client.query('select user_id, details from admin_tasks order by id');
    expect(rows).toEqual([
      { user_id: 1, details: { person_id: 2, consent_id: 1, asked_on: '2026-11-26', due_on: '2026-12-26' } },
      { user_id: 3, details: { person_id: 3, consent_id: 2, asked_on: '2026-11-26', due_on: '2026-12-26' } },
      { user_id: null, details: { person_id: 3, consent_id: 3, asked_on: '2026-11-30', due_on: '2026-12-30' } },
      { user_id: null, details: { person_id: 'three', erase_by: 'soon' } },
    ]);
  } finally {
    await close();
  }
});
