import { z } from 'zod';
import { scopes } from '../../queues/jobs/scopes.ts';
import { noteProfile } from '../../sql/bot/links.ts';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { testApi } from './front-door.ts';

/** No other figure of the world looks like these balances. */
export const [BALANCE, OWN] = [76_543_210, 65_432_109];
const BOT = 424_242;

/** Every scope but `*`, without those that are named. */
export const allBut = (...missing: string[]) => scopes.filter((scope) => scope !== '*' && !missing.includes(scope));

/**
 * A studio where rights matter: a parent whose wallet pays for a child, a grown-up client with a wallet, an admin who is a client,
 * student and specialist too, and bookings of the child that the parent's wallet paid for, one to come and one that has begun.
 */
export async function rightsWorld(settings: Record<string, string> = {}) {
  const api = await testApi({ settings: { TELEGRAM_BOT_TOKEN: `${BOT}:abcdefghijklmnopqrstuvwxyz`, ...settings } });
  const { db } = api;
  const make = salon(db);
  await noteProfile(db, BOT, 'studio_bot');
  const [parent, grownUp, child, admin] = [await make.client(), await make.client(), await make.student(), await make.student()];
  await db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${child}`);
  await db.query(sql.unsafe`insert into user_roles values (${admin}, 'admin'), (${admin}, 'trainer')`);
  await db.query(sql.unsafe`insert into specialists (id) values (${admin})`);
  const service = await make.service({ price: 1_000 });
  const specialist = await make.specialist([service]);
  await make.money(parent, BALANCE);
  await make.money(grownUp, OWN);
  const wish = { client_id: child, service_id: service, specialist_id: specialist, starts_at: inHours(20), pay_from: 'wallet' };
  const begun = Number((await api.post('/bookings', wish)).body.id);
  await db.query(sql.unsafe`update bookings set starts_at = ${inHours(-2)}::timestamptz where id = ${begun}`);
  const admins = sql.fragment`telegram_id = 777, phone = '+79000000777', email = 'a@example.com', is_active = true`;
  await db.query(sql.unsafe`update users set ${admins} where id = ${admin}`);
  await make.type();
  const training = await make.training({ trainer: specialist, at: inHours(-5) });
  const state = z.object({
    trainings: z.json(),
    wallets: z.json(),
    payers: z.json(),
    admins: z.json(),
    links: z.int(),
    roles: z.json(),
    commanders: z.json(),
  });
  return {
    api,
    make,
    parent,
    grownUp,
    child,
    admin,
    service,
    specialist,
    begun,
    training,
    close: () => api.close(),
    /** The admin is recognised as at first. */
    restoreAdmin: () => db.query(sql.unsafe`update users set ${admins} where id = ${admin}`),
    /** What may only change with the right scope. */
    state: () =>
      db.one(sql.type(state)`
        select
          (select json_agg(json_build_array(id, status)) from real_trainings) as trainings,
          (select json_agg(json_build_array(user_id, balance_minor) order by user_id) from wallets) as wallets,
          (select json_agg(json_build_array(id, payer_id) order by id) from students where payer_id <> id) as payers,
          (select json_agg(json_build_array(id, telegram_id, phone, email, is_active)) from users where id = ${admin}) as admins,
          (select count(*)::int from telegram_links where user_id = ${admin}) as links,
          (select json_agg(json_build_array(user_id, role) order by user_id, role) from user_roles where is_admin_role(role)) as roles,
          (select json_agg(bot_commanders order by user_id) from bot_commanders) as commanders`),
  };
}
