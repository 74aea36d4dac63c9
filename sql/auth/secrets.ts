import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The studio's secret of a name, 256 bits: made by whoever asks first, the same for every process from then on. */
export async function signingSecret(db: Sql, name: string): Promise<Buffer> {
  await db.query(sql.unsafe`
    insert into signing_secrets (name, value) values (${name}, ${sql.binary(randomBytes(32))}) on conflict do nothing`);
  return db.oneFirst(sql.type(z.object({ value: z.instanceof(Buffer) }))`select value from signing_secrets where name = ${name}`);
}
