import { type Sql, sql } from '../database/database.ts';

/**
 * Enters the belts that the demo's fighters have as awards, so that one sees who is ready for the next and who is not: those of a child
 * and white ones since they came, the higher ones from earlier schools. The studio asks for a few trainings before the first step.
 */
export async function insertAwards(transaction: Sql, today: string): Promise<void> {
  await transaction.query(sql.unsafe`update training_types set program = 'BJJ' where name like 'BJJ%'`);
  await transaction.query(sql.unsafe`
    update belts set trainings = case path when 'kids' then 12 else 14 end where program = 'BJJ' and (path = 'kids' or name = 'White')`);
  await transaction.query(sql.unsafe`
    insert into belt_awards (student_id, program, belt_id, awarded_on, awarded_by)
    select students.id, belts.program, belts.id, registration_date - came.days - (students.id % 3) * least(came.days, 150), 'demo'
    from students join users using (id)
    join (values ('белый', 'White', 0), ('серый', 'Grey', 0), ('жёлтый', 'Yellow', 0), ('оранжевый', 'Orange', 0), ('синий', 'Blue', 480),
      ('фиолетовый', 'Purple', 250)) as came (word, name, days) on came.word = current_belt
    cross join lateral (select extract(year from ${today}::date)::int - extract(year from birth_date)::int as age) as person
    join belts on belts.program = 'BJJ' and belts.name = came.name and belts.path = case when age < 16 then 'kids' else 'adult' end
      and age >= coalesce(min_age, 0)
    order by students.id`);
}
