import type { DatabaseTransactionConnection } from 'slonik';
import type { Settings } from '../../queues/process/settings.ts';
import { clearAlert, raiseAlert } from '../../sql/alerts/alerts.ts';
import { noteUnpaid } from '../../sql/alerts/outside-services.ts';
import type { Sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { judgeCredentials, keepToken, serviceOf, type VendingOwner } from '../../sql/vending/owners.ts';
import { type CallPace, call } from './calls.ts';
import { CannotDecrypt, decryptSecret, encryptSecret } from './secrets.ts';
import { type Answered, asksForLogin, type Telemetry } from './telemetry.ts';

/** This owner cannot be read any further now; the others can. Whoever had to be notified of it has been. */
export class OwnerStopped extends Error {
  override name = 'OwnerStopped';
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** Why an owner is left alone, or null (V1, V5, D40). */
export function whySkipped(owner: VendingOwner): string | null {
  if (!owner.is_active) return 'inactive';
  if (owner.login_enc === null && asksForLogin(owner.service)) return 'no_credentials';
  if (owner.unpaid_since !== null) return 'unpaid';
  return owner.credentials === 'valid' ? null : owner.credentials;
}

/** What of an owner's is read: what one cannot be had for says nothing of the other. */
type Subject = 'sales' | 'terminals';
type SessionContext = {
  db: Sql;
  settings: Pick<Settings, 'vendingKeys' | 'adminChatIds'>;
  telemetry: Telemetry;
  pace: CallPace;
  reads: Subject;
};
const requestTrouble = (ownerId: number, reads: Subject) => `vending_request:${ownerId}${reads === 'sales' ? '' : `:${reads}`}`;

/** A transaction of the connection that calls are made with. */
type Transact = <T>(work: (transaction: Sql) => Promise<T>) => Promise<T>;

/**
 * Asks a service in an owner's name. A token that is refused is replaced once a session, and the same request asked again with the new
 * one (V5). Throws {@link OwnerStopped} for whatever ends it.
 */
export function ownerSession({ db, settings, telemetry, pace, reads }: SessionContext, owner: VendingOwner, isCheck = false) {
  const transact: Transact = (work) => db.transaction((transaction: DatabaseTransactionConnection) => work(transaction));
  const sealed = (text: string) => encryptSecret(settings.vendingKeys, owner.id, 'token', text);
  let token: string | null = null;
  let isRenewed = false;

  async function data<T>(ask: (token: string) => Promise<Answered<T>>): Promise<T> {
    token ??= (await keptToken()) ?? (await renew());
    const first = await call(db, pace, () => ask(token as string));
    if (first.is !== 'refused') return judged(first);
    if (isRenewed) throw new OwnerStopped('token_refused');
    token = await renew();
    const second = await call(db, pace, () => ask(token as string));
    if (second.is === 'refused') throw new OwnerStopped('token_refused');
    return judged(second);
  }

  async function judged<T>(answer: Exclude<Awaited<ReturnType<typeof call<T>>>, { is: 'refused' }>): Promise<T> {
    if (answer.is === 'good') return answer.value;
    if (answer.is === 'unpaid') return unpaid();
    if (answer.is === 'permanent') {
      const { status } = answer;
      const params = { owner_id: owner.id, owner: owner.name, status };
      if (!isCheck)
        await transact((transaction) =>
          raiseAlert(transaction, settings.adminChatIds, {
            fingerprint: requestTrouble(owner.id, reads),
            template: 'vending_request_refused',
            params,
            isOngoing: true,
          }),
        );
      throw new OwnerStopped(`HTTP ${status}`);
    }
    throw new OwnerStopped(answer.is === 'trouble' ? answer.what : answer.is);
  }

  async function keptToken(): Promise<string | null> {
    if (!asksForLogin(owner.service)) return '';
    return owner.token_enc === null ? null : opened('token', owner.token_enc);
  }

  /** A secret; one that cannot be decrypted is an alarm, and nothing is written over it (V3). */
  async function opened(column: 'login' | 'password' | 'token', text: string): Promise<string> {
    try {
      return decryptSecret(settings.vendingKeys, owner.id, column, text);
    } catch (error) {
      if (!(error instanceof CannotDecrypt)) throw error;
      await transact((transaction) =>
        raiseAlert(transaction, settings.adminChatIds, {
          fingerprint: `cannot_decrypt:${owner.id}`,
          template: 'cannot_decrypt',
          params: { owner_id: owner.id, owner: owner.name },
          isOngoing: true,
        }),
      );
      throw new OwnerStopped('cannot_decrypt');
    }
  }

  /** A new token, kept encrypted; the verdict on login and password where there is none. */
  async function renew(): Promise<string> {
    isRenewed = true;
    const login = await opened('login', owner.login_enc ?? '');
    const password = await opened('password', owner.password_enc ?? '');
    const answer = await call(db, pace, () => telemetry.token(login, password));
    switch (answer.is) {
      case 'good':
        if (!isCheck) await keepToken(db, owner, sealed(answer.value));
        return answer.value;
      case 'refused':
      case 'needs_code':
        return refused(answer.is === 'needs_code');
      case 'unpaid':
        return unpaid();
      case 'permanent':
        throw new OwnerStopped(`HTTP ${answer.status} for the token`);
      case 'too_many':
        throw new OwnerStopped('too_many');
      case 'trouble':
        throw new OwnerStopped(answer.what);
    }
  }

  async function refused(needsCode: boolean): Promise<never> {
    const verdict = needsCode ? 'needs_code' : 'invalid';
    if (!isCheck)
      await transact(async (transaction) => {
        if (!(await judgeCredentials(transaction, owner, verdict))) return;
        const about = { owner_id: owner.id, owner: owner.name, needs_code: needsCode };
        await raiseAlert(transaction, settings.adminChatIds, {
          fingerprint: `vending_credentials:${owner.id}`,
          template: 'vending_credentials',
          params: about,
        });
        const dedupe = `vending_refused:${owner.id}:${Date.parse(owner.credentials_since)}:${verdict}`;
        await notifyPeople(transaction, [
          { userId: owner.user_id, template: 'vending_refused', dedupe, params: { needs_code: needsCode } },
        ]);
      });
    throw new OwnerStopped(verdict);
  }

  /** One atomic flip, one alert (D40); it says nothing of login and password. */
  async function unpaid(): Promise<never> {
    if (!isCheck)
      await transact(async (transaction) => {
        if (!(await noteUnpaid(transaction, serviceOf(owner), 'HTTP 402', settings.adminChatIds))) return;
        const dedupe = `vending_unpaid:${owner.id}:${Date.now()}`;
        await notifyPeople(transaction, [
          { userId: owner.user_id, template: 'vending_unpaid', dedupe, params: { owner_id: owner.id } },
        ]);
      });
    throw new OwnerStopped('unpaid');
  }

  return {
    data,
    /** A new token, whatever was kept. A check keeps it by {@link keep} alone. */
    async login() {
      token = await renew();
    },
    /** Keeps the token in hand, in the transaction that believes in it. */
    keep: async (transaction: Sql) => (token ? keepToken(transaction, owner, sealed(token)) : false),
  };
}

/** An owner's sales or terminals were read again: what was amiss with their requests and with the keys is over. */
export async function clearOwnerTrouble(transaction: Sql, chatIds: readonly number[], ownerId: number, read: Subject) {
  for (const trouble of [requestTrouble(ownerId, read), `cannot_decrypt:${ownerId}`])
    await clearAlert(transaction, chatIds, trouble);
}
