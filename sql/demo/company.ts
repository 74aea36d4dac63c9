import type { Sql } from '../database/database.ts';
import { writeCompany } from '../records/company.ts';

/** Whose studio the demo is. The number is nobody's, and so is the address. */
export const insertCompany = (db: Sql) =>
  writeCompany(db, {
    name: 'Студия «Ласточка»',
    phone: '+79000000000',
    email: 'hello@lastochka.example',
    website: 'https://lastochka.example',
    description: 'Йога, пилатес, бокс и BJJ для взрослых и детей; персональные тренировки и массаж по записи.',
  });
