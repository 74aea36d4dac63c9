import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForeignKeyIntegrityConstraintViolationError } from 'slonik';
import { z } from 'zod';
import { refusalOf, takenMessages } from '../../api/http/broken-rules.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** What the fleet keeps once by itself: it looks, locks or inserts `on conflict`, so nobody at a route meets these. */
const ITS_OWN = [
  'calendar_link_is_known_once',
  'alerts_have_one_id',
  'one_letter_of_an_alarm',
  'backups_file_key',
  'belt_is_deferred_already',
  'exam_awards_once',
  'month_is_closed_already',
  'payment_is_booked_already',
  'payment_order_has_one_reference',
  'refund_is_booked_already',
  'refund_leaves_a_wallet_once',
  'a_terminal_has_one_place_of_a_kind',
  'ingredients_owner_id_id_key',
  'one_open_restock_task_a_terminal',
  'one_warehouse_an_owner',
  'recipe_is_one_a_terminal_and_item',
  'recipe_names_an_ingredient_once',
  'recipes_owner_id_id_key',
  'sale_is_deducted_once_a_round',
  'stock_entry_is_reversed_once',
  'stock_places_owner_id_id_key',
  'vending_reject_is_kept_once',
  'vending_tasks_owner_id_id_key',
  'vending_terminal_is_known_once',
  'vending_terminals_owner_id_id_key',
  'api_keys_name_is_taken',
  'api_keys_secret_is_taken',
  'booking_is_invoiced_already',
  'booking_took_a_session_already',
  'booking_took_a_unit_already',
  'check_in_digits_are_unique',
  'check_in_token_is_unique',
  'consents_are_given_once',
  'invoice_pays_one_registration',
  'news_is_noted_already',
  'one_attempt',
  'one_live_run',
  'one_open_call_a_person',
  'one_open_data_request_a_kind',
  'one_open_telegram_link',
  'one_training_per_template_date',
  'package_is_invoiced_already',
  'push_subscription_is_known',
  'registration_is_invoiced_already',
  'registrations_start_hash_key',
  'registrations_token_hash_key',
  'registration_took_a_session_already',
  'renewed_already',
  'session_is_returned_already',
  'sessions_token_hash_key',
  'session_pays_one_registration',
  'sign_in_links_token_hash_key',
  'student_is_registered_already',
  'telegram_links_token_is_taken',
  'template_is_in_the_schedule_already',
  'told_already',
  'unit_is_returned_already',
];

test('every unique index has words for the request that meets it', async () => {
  const unique = await database.db.anyFirst(sql.type(z.object({ name: z.string() }))`
    select relname as name from pg_index join pg_class on pg_class.oid = indexrelid
    where indisunique and not indisprimary and relnamespace = 'public'::regnamespace`);
  expect([...unique].sort()).toEqual([...Object.keys(takenMessages), ...ITS_OWN].sort());
});

test.each([
  ['an id', 'Key (location_id)=(77) is not present in table "locations".', 'there is no location 77'],
  ['another language', 'Ключ (location_id)=(77) отсутствует в таблице "locations".', 'there is no location 77'],
  ['more than an id', 'Key (location_id, first_name)=(77, Anna) is not present in table "x".', 'no record with this id'],
  ['something else', 'Key (first_name)=(77) is not present in table "x".', 'no record with this id'],
  ['no number', 'Key (location_id)=(Anna) is not present in table "x".', 'no record with this id'],
  ['nothing', undefined, 'no record with this id'],
])('an error detail with %s shows the id at most', (_what, detail, message) => {
  const cause = Object.assign(new Error('refused'), { constraint: 'rooms_location_id_fkey', table: 'rooms', detail });
  expect(refusalOf(new ForeignKeyIntegrityConstraintViolationError(cause))).toEqual([
    422,
    'something it refers to does not exist',
    { errors: [{ path: 'location_id', message }] },
  ]);
});
