import {
  CheckIntegrityConstraintViolationError,
  ForeignKeyIntegrityConstraintViolationError,
  type IntegrityConstraintViolationError,
  UniqueIntegrityConstraintViolationError,
} from 'slonik';

/** What may be there once, in words, by the constraint that holds it. Every one that a route can meet stands here. */
export const takenMessages: Record<string, string> = {
  person_had_a_trial_already: 'this person has had a trial of this program',
  phone_had_a_trial_already: 'somebody with this phone has had a trial of this program',
  users_phone_is_taken: 'somebody has this phone already',
  users_telegram_id_is_taken: 'somebody has this Telegram account already',
  users_login_is_taken: 'somebody has this login already',
  locations_name_is_taken: 'there is a location with this name already',
  rooms_name_is_taken: 'there is a room with this name in this location already',
  training_types_name_is_taken: 'there is a training type with this name already',
  subscriptions_name_is_taken: 'there is a subscription with this name already',
  services_name_is_taken: 'there is a service with this name already',
  service_packages_name_is_taken: 'there is a service package with this name already',
  groups_name_is_taken: 'there is a group with this name already',
  student_is_linked_already: 'the student has a standing place in this training template already',
  specialist_has_an_override_that_day: 'the specialist has a calendar override on this day already',
  location_has_an_override_that_day: 'the location has a calendar override on this day already',
  belts_position_is_taken: 'there is a belt at this position of the program and path already',
  belts_name_is_taken: 'there is a belt with this name in the program and path already',
  exam_is_planned_already: 'an exam of this program is planned for the student already',
  calendar_day_is_known_already: 'there is an entry for this day, country and location already',
  vending_owner_is_one_person: 'this person is a vending owner already',
  task_is_written_already: 'there is a task with this dedupe_key already',
};

type Refusal = [status: number, detail: string, extra?: { errors: { path: string; message: string }[] }];

/** A rule that the database keeps, and somebody would have broken, as status, words and the field that is wrong. */
export function refusalOf(error: IntegrityConstraintViolationError): Refusal {
  const name = error.constraint ?? 'a rule of the data';
  const rule = name.replaceAll('_', ' ');
  if (error instanceof UniqueIntegrityConstraintViolationError) return [409, takenMessages[name] ?? rule];
  if (error instanceof ForeignKeyIntegrityConstraintViolationError) return notThere(error);
  if (error instanceof CheckIntegrityConstraintViolationError) return [422, `refused by the data's rule "${rule}"`];
  return [409, rule];
}

/** Of PostgreSQL's detail only the column and the id are used: the rest depends on its language, or is not the caller's to know. */
function notThere({ constraint, table, detail }: ForeignKeyIntegrityConstraintViolationError): Refusal {
  const column = (constraint ?? '').replace(`${table}_`, '').replace(/_fkey$/, '');
  const [, named, id] = /\((\w+)\)=\((\d+)\)/.exec(detail ?? '') ?? [];
  const what = column.replace(/_id$/, '').replaceAll('_', ' ');
  const message = named === column ? `there is no ${what} ${id}` : 'no record with this id';
  return [422, 'something it refers to does not exist', { errors: [{ path: column, message }] }];
}
