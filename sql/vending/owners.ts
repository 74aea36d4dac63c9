import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const credentials = z.enum(['valid', 'invalid', 'needs_code']);

/** An owner as the worker knows them: with what is encrypted. */
const ownerRow = z.object({
  id: z.int(),
  user_id: z.int(),
  name: z.string(),
  service: z.string(),
  login_enc: z.string().nullable(),
  password_enc: z.string().nullable(),
  token_enc: z.string().nullable(),
  credentials,
  credentials_since: z.iso.datetime(),
  unpaid_since: z.iso.datetime().nullable(),
  setup_date: z.iso.date(),
  stock_from: z.iso.datetime(),
  is_active: z.boolean(),
  read_to: z.iso.datetime().nullable(),
});
export type VendingOwner = z.output<typeof ownerRow>;

/** How an owner's subscription is called in `outside_services`. */
export const serviceOf = ({ service, id }: Pick<VendingOwner, 'service' | 'id'>) => `${service}:${id}`;

const columns = sql.fragment`owner.id, user_id, trim(first_name || ' ' || last_name) as name, service, login_enc, password_enc, token_enc,
  credentials, credentials_since, setup_date, stock_from, owner.is_active, read_to,
  (select since from outside_services paid where paid.name = service || ':' || owner.id and paid.status <> 'active') as unpaid_since`;

/** The owners after an id, by id; inactive ones too. */
export const vendingOwnersAfter = (db: Sql, after: number, only: number | null) =>
  db.any(sql.type(ownerRow)`
    select ${columns} from vending_owners owner join users on users.id = user_id
    where owner.id > ${after} and (${only}::int is null or owner.id = ${only}) order by owner.id`);

export const findVendingOwner = (db: Sql, id: number) =>
  db.maybeOne(sql.type(ownerRow)`
    select ${columns} from vending_owners owner join users on users.id = user_id where owner.id = ${id}`);

/** Everything that changes an owner's stock, recipes or terminals happens one after the other. */
export const lockVendingOwner = (transaction: Sql, id: number) => transaction.query(sql.unsafe`select lock_vending_owner(${id})`);

/** Keeps a token. False where the credentials it belongs to were replaced meanwhile: then it is nobody's. */
export const keepToken = async (db: Sql, { id, login_enc, password_enc }: VendingOwner, tokenEnc: string) => {
  const { rowCount } = await db.query(sql.unsafe`
    update vending_owners set token_enc = ${tokenEnc}
    where id = ${id} and login_enc is not distinct from ${login_enc} and password_enc is not distinct from ${password_enc}`);
  return rowCount > 0;
};

/** What became of the credentials; true where that is news. Those that were replaced meanwhile are not judged. */
export const judgeCredentials = async (transaction: Sql, owner: VendingOwner, verdict: z.output<typeof credentials>) => {
  const { rowCount } = await transaction.query(sql.unsafe`
    update vending_owners set credentials = ${verdict}, credentials_since = now(),
      token_enc = case when ${verdict} = 'valid' then token_enc end
    where id = ${owner.id} and credentials <> ${verdict}
      and login_enc is not distinct from ${owner.login_enc} and password_enc is not distinct from ${owner.password_enc}`);
  return rowCount > 0;
};

/**
 * An owner's sales have been read whole from one instant to another, and never beyond now; a mark that lies ahead is a wrong clock's. What
 * lies behind a gap does not count, unless `isGap` says that nobody is going to read it.
 */
export const noteReadTo = (
  transaction: Sql,
  id: number,
  { from, to, isGap = false }: { from: string; to: string; isGap?: boolean },
  now: Date,
) =>
  transaction.query(sql.unsafe`
    with given as (select least(${to}::timestamptz, ${now.toISOString()}::timestamptz) as read)
    update vending_owners set read_to = case when read_to > ${now.toISOString()}::timestamptz then read else greatest(read_to, read) end
    from given
    where id = ${id} and (${isGap}::boolean or coalesce(read_to >= ${from}::timestamptz, true))`);

/** One import of an owner at a time, on any number of hosts; the lock is the session's, and goes with it (V24). */
export const tryImportLock = (connection: Sql, id: number): Promise<boolean> =>
  connection.oneFirst(sql.type(z.object({ taken: z.boolean() }))`
    select pg_try_advisory_lock(hashtext('vending import'), ${id}) as taken`);
export const releaseImportLock = (connection: Sql, id: number) =>
  connection.query(sql.unsafe`select pg_advisory_unlock(hashtext('vending import'), ${id})`);

/** An owner as the API shows them: secrets are write-only. */
export const shownOwner = z.object({
  id: z.int(),
  user_id: z.int(),
  name: z.string(),
  service: z.string(),
  has_credentials: z.boolean(),
  credentials,
  payment_status: z.enum(['active', 'payment_required']),
  setup_date: z.iso.date(),
  stock_from: z.iso.datetime(),
  refund_returns_stock: z.boolean(),
  is_active: z.boolean(),
  read_to: z.iso.datetime().nullable(),
});
const shownColumns = sql.fragment`owner.id, user_id, trim(first_name || ' ' || last_name) as name, service,
  login_enc is not null as has_credentials, credentials, setup_date, stock_from, refund_returns_stock, owner.is_active, read_to,
  coalesce((select status from outside_services paid where paid.name = service || ':' || owner.id), 'active') as payment_status`;

export const showVendingOwners = (db: Sql, whose: Whose, after: number, limit: number) =>
  db.any(sql.type(shownOwner)`
    select ${shownColumns} from vending_owners owner join users on users.id = user_id
    where owner.id > ${after} and ${isAmong(whose, 'vending_owner', 'owner')} order by owner.id limit ${limit}`);

export const showVendingOwner = (db: Sql, id: number) =>
  db.maybeOne(sql.type(shownOwner)`
    select ${shownColumns} from vending_owners owner join users on users.id = user_id where owner.id = ${id}`);

export type OwnerFields = {
  setup_date?: string;
  stock_from?: string;
  refund_returns_stock?: boolean;
  is_active?: boolean;
};

/** A new owner, with a warehouse. Returns the id. */
export const insertVendingOwner = (
  transaction: Sql,
  owner: { user_id: number; setup_date: string; stock_from: string; refund_returns_stock: boolean },
) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    with owner as (
      insert into vending_owners (user_id, setup_date, stock_from, refund_returns_stock)
      values (${owner.user_id}, ${owner.setup_date}::date, ${owner.stock_from}::timestamptz, ${owner.refund_returns_stock})
      returning id
    ), warehouse as (insert into stock_places (owner_id, kind) select id, 'warehouse' from owner)
    select id from owner`);

/** Changes what is given. */
export const updateVendingOwner = (transaction: Sql, id: number, fields: OwnerFields) =>
  transaction.query(sql.unsafe`
    update vending_owners set
      setup_date = coalesce(${fields.setup_date ?? null}::date, setup_date),
      stock_from = coalesce(${fields.stock_from ?? null}::timestamptz, stock_from),
      refund_returns_stock = coalesce(${fields.refund_returns_stock ?? null}::boolean, refund_returns_stock),
      is_active = coalesce(${fields.is_active ?? null}::boolean, is_active)
    where id = ${id}`);

/** New credentials: what was known of the old ones is forgotten with them (V1). */
export const replaceCredentials = (transaction: Sql, id: number, loginEnc: string, passwordEnc: string) =>
  transaction.query(sql.unsafe`
    update vending_owners set login_enc = ${loginEnc}, password_enc = ${passwordEnc}, token_enc = null,
      credentials = 'valid', credentials_since = now()
    where id = ${id}`);

/** Everybody's secrets, locked, to be encrypted anew. */
export const lockSecrets = (transaction: Sql) =>
  transaction.any(sql.type(ownerRow.pick({ id: true, login_enc: true, password_enc: true, token_enc: true }))`
    select id, login_enc, password_enc, token_enc from vending_owners order by id for update`);

export const writeSecrets = (transaction: Sql, secrets: Pick<VendingOwner, 'id' | 'login_enc' | 'password_enc' | 'token_enc'>) =>
  transaction.query(sql.unsafe`
    update vending_owners set login_enc = ${secrets.login_enc}, password_enc = ${secrets.password_enc}, token_enc = ${secrets.token_enc}
    where id = ${secrets.id}`);

/** The owner that a person is, and the person; null where there is none. */
export async function findVendingOwnerOf(db: Sql, userId: number) {
  const person = z.object({ id: z.int(), telegram_id: z.int().nullable(), first_name: z.string(), owner_id: z.int() });
  const row = await db.maybeOne(sql.type(person)`
    select users.id, telegram_id, first_name, owner.id as owner_id
    from vending_owners owner join users on users.id = user_id where user_id = ${userId}`);
  const owner = row && (await findVendingOwner(db, row.owner_id));
  if (!row || !owner) return null;
  const { owner_id: _, ...found } = row;
  return { person: found, owner };
}
