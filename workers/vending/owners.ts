import { type ProcessRequest, requestProcess } from '../../queues/jobs/request.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { clearAlert } from '../../sql/alerts/alerts.ts';
import type { Sql } from '../../sql/database/database.ts';
import {
  findVendingOwner,
  insertVendingOwner,
  lockSecrets,
  lockVendingOwner,
  type OwnerFields,
  replaceCredentials,
  showVendingOwner,
  updateVendingOwner,
  writeSecrets,
} from '../../sql/vending/owners.ts';
import { Refused } from '../refusal.ts';
import { decryptSecret, encryptSecret } from './secrets.ts';

type Given = OwnerFields & { login?: string; password?: string };
type Keeping = { settings: Pick<Settings, 'vendingKeys' | 'adminChatIds' | 'zone'>; now: Date };

/** Connects somebody who has vending machines. Their terminals and what was sold before are read at once. */
export async function addVendingOwner(
  transaction: Sql,
  given: Required<Pick<Given, 'login' | 'password' | 'setup_date'>> & Given & { user_id: number },
  keeping: Keeping,
) {
  const { user_id, setup_date, stock_from = keeping.now.toISOString(), refund_returns_stock = false } = given;
  const id = await insertVendingOwner(transaction, { user_id, setup_date, stock_from, refund_returns_stock });
  await keepCredentials(transaction, id, given, keeping);
  return { id, asked: await asks(transaction, id, setup_date, keeping) };
}

/** Changes what is given. New credentials forget what was known of the old ones, and are tried at once (V1). */
export async function changeVendingOwner(transaction: Sql, id: number, given: Given, keeping: Keeping) {
  const before = await findVendingOwner(transaction, id);
  if (!before) throw new Refused('missing', `there is no vending owner ${id}`);
  await lockVendingOwner(transaction, id);
  await updateVendingOwner(transaction, id, given);
  const isNewLogin = given.login !== undefined;
  if (isNewLogin) {
    await keepCredentials(transaction, id, given, keeping);
    await clearAlert(transaction, keeping.settings.adminChatIds, `vending_credentials:${id}`);
    await clearAlert(transaction, keeping.settings.adminChatIds, `cannot_decrypt:${id}`);
  }
  const isEarlier = given.setup_date !== undefined && given.setup_date !== before.setup_date;
  const asked = isNewLogin || isEarlier ? await asks(transaction, id, given.setup_date ?? before.setup_date, keeping) : [];
  const shown = await showVendingOwner(transaction, id);
  if (!shown) throw new Error('an owner that was changed is not there');
  return { shown, asked };
}

async function keepCredentials(transaction: Sql, id: number, { login, password }: Given, { settings }: Keeping) {
  if (login === undefined || password === undefined)
    throw new Refused('invalid', 'the body is not acceptable', {
      errors: [{ path: login === undefined ? 'login' : 'password', message: 'login and password together' }],
    });
  const seal = (column: 'login' | 'password', text: string) => encryptSecret(settings.vendingKeys, id, column, text);
  await replaceCredentials(transaction, id, seal('login', login), seal('password', password));
}

/** A token, the terminals and the history of an owner, asked for in the transaction of their cause. */
async function asks(transaction: Sql, id: number, setupDate: string, { settings, now }: Keeping): Promise<ProcessRequest[]> {
  const [today, scheduled_for] = [dayOf(now, settings.zone), now.toISOString()];
  return [
    await requestProcess(transaction, 'vending_terminals', { owner_id: id }, today, { scheduled_for, again: true }),
    await requestProcess(transaction, 'vending_history', { owner_id: id, from: setupDate }, today, { scheduled_for }),
  ];
}

/** Encrypts everybody's secrets anew with the first key, all or none (V3). Throws where one cannot be decrypted. Returns how many owners. */
export const reencryptSecrets = (db: Sql, { vendingKeys }: Pick<Settings, 'vendingKeys'>): Promise<number> =>
  db.transaction(async (transaction) => {
    const owners = await lockSecrets(transaction);
    for (const { id, login_enc, password_enc, token_enc } of owners) {
      const anew = (column: 'login' | 'password' | 'token', text: string | null) =>
        text && encryptSecret(vendingKeys, id, column, decryptSecret(vendingKeys, id, column, text));
      await writeSecrets(transaction, {
        id,
        login_enc: anew('login', login_enc),
        password_enc: anew('password', password_enc),
        token_enc: anew('token', token_enc),
      });
    }
    return owners.length;
  });
