import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { rateRow } from './rows.ts';

export type NewRate = {
  trainer_id: number;
  training_type_id: number | null;
  valid_from: string;
  training_minor: number | null;
  head_minor: number | null;
  percent_bp: number | null;
  month_minor: number | null;
};

/** Cards, of each trainer the newest first. @param of.trainerId undefined: of all that one may see */
export const listRates = (db: Sql, of: { trainerId?: number | undefined; ids?: readonly number[]; whose: Whose }) =>
  db.any(sql.type(rateRow)`
    select card.id, card.trainer_id, training_type_id, type.name as training_type, valid_from, training_minor, head_minor, percent_bp, month_minor,
      created_by, created_at
    from pay_rates card join specialists on specialists.id = card.trainer_id left join training_types type on type.id = training_type_id
    where ${isAmong(of.whose, 'specialist', 'specialists')} and (${of.trainerId ?? null}::int is null or card.trainer_id = ${of.trainerId ?? null}::int)
      and ${of.ids ? sql.fragment`card.id = any(${sql.array([...of.ids], 'int4')})` : sql.fragment`true`}
    order by card.trainer_id, valid_from desc, card.id desc`);

/** Adds a card. Throws where there is no such trainer or training type. */
export const insertRate = (db: Sql, rate: NewRate, by: string) =>
  db.one(sql.type(rateRow)`
    with card as (
      insert into pay_rates (trainer_id, training_type_id, valid_from, training_minor, head_minor, percent_bp, month_minor, created_by)
      values (${rate.trainer_id}, ${rate.training_type_id}, ${rate.valid_from}::date, ${rate.training_minor}, ${rate.head_minor}, ${rate.percent_bp},
        ${rate.month_minor}, ${by}) returning *
    )
    select card.id, trainer_id, training_type_id, type.name as training_type, valid_from, training_minor, head_minor, percent_bp, month_minor,
      created_by, created_at
    from card left join training_types type on type.id = training_type_id`);
