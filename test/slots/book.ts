import { z } from 'zod';
import { type Sql, sql } from '../../sql/database/database.ts';
import { databaseIdentity } from '../../sql/slots/database-identity.ts';

export const readBook = (db: Sql) => db.oneFirst(sql.type(z.object({ book: z.string() }))`select ${databaseIdentity} as book`);
