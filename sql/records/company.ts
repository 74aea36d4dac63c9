import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const companyRow = z.object({
  name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  website: z.string().nullable(),
  description: z.string().nullable(),
});
export type Company = z.output<typeof companyRow>;

const columns = sql.fragment`name, phone, email, website, description`;

/** Whose studio this is, or null before anybody said so. */
export const findCompany = (db: Sql) => db.maybeOne(sql.type(companyRow)`select ${columns} from company`);

/** Says whose studio this is, in place of what was said before. */
export const writeCompany = (db: Sql, company: Company) =>
  db.one(sql.type(companyRow)`
    insert into company (${columns}) values (${company.name}, ${company.phone}, ${company.email}, ${company.website}, ${company.description})
    on conflict (id) do update set (${columns}) = row (excluded.name, excluded.phone, excluded.email, excluded.website, excluded.description)
    returning ${columns}`);
