import { z } from 'zod';
import { type RunName, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { parseSettings, type Settings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { claimRun, finishRun, saveProgress } from '../../sql/runs/execute.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { insertVendingOwner, replaceCredentials } from '../../sql/vending/owners.ts';
import { putRecipe } from '../../sql/vending/recipes.ts';
import { insertIngredient } from '../../sql/vending/stock.ts';
import { syncTerminals } from '../../sql/vending/terminals.ts';
import type { RunContext } from '../../workers/runner/run-context.ts';
import type { Services } from '../../workers/vending/calls.ts';
import { handlersWith } from '../../workers/vending/handlers.ts';
import { encryptSecret } from '../../workers/vending/secrets.ts';
import { vendista } from '../../workers/vending/vendista.ts';
import { testDatabase } from '../support/database.ts';
import { type FakeVendista, fakeVendista } from '../support/vendista.ts';

export const KEYS = `k1:${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const HOUR_MS = 3_600_000;
const id = sql.type(z.object({ id: z.int() }));

export type VendingStage = Awaited<ReturnType<typeof vendingStage>>;
type Owned = { id: number; userId: number; login: string; warehouse: number };

/** A database, a fake Vendista, and the worker's handlers, executed as their worker would, without a queue. Waits take no time. */
export async function vendingStage(more: Record<string, string> = {}) {
  const database = await testDatabase();
  const { db } = database;
  const fake = await fakeVendista();
  const settings = parseSettings({
    DATABASE_URL: database.url,
    TELEGRAM_ADMIN_CHAT_IDS: '1001',
    VENDING_KEYS: KEYS,
    VENDING_API_ROOT: fake.root,
    ...more,
  });
  const telemetry = vendista(fake.root, { tokenMs: 400, dataMs: 400 });
  const pace = { service: 'vendista', callMs: 0, retryMs: [1, 1, 1], tooManySeconds: 60, secondMs: 1 };
  const services: Services = () => ({ telemetry, pace });
  return {
    ...vendingWorld(db, fake, settings, services),
    database,
    async close() {
      await fake.close();
      await database.close();
    },
  };
}

export function vendingWorld(db: Database, fake: FakeVendista, settings: Settings, services: Services) {
  const handlers = handlersWith(services);
  let names = 0;

  /** A run as its worker would execute it. `onChunk` is called after each commit; what it throws stops the run there. */
  async function run(
    name: RunName,
    body: Record<string, unknown> = {},
    options: { at?: Date; onChunk?: (chunks: number, run: Run) => void | Promise<void>; resume?: number } = {},
  ): Promise<Run> {
    const definition: RunDefinition = runs[name];
    const now = options.at ?? new Date();
    const asked = definition.request(body, dayOf(now, settings.zone), now);
    const runId = options.resume ?? (await requestRun(db, { ...asked, process_type: name, again: true })).run.id;
    const claimed = (await claimRun(db, runId, 'test')) as Run;
    if (options.at)
      await db.query(
        sql.unsafe`update automated_process_history set started_at = ${now.toISOString()}::timestamptz where id = ${runId}`,
      );
    let chunks = 0;
    const outcome = await db.connect(async (connection) => {
      const chunk: RunContext['chunk'] = async (step) => {
        const after = await connection.transaction(async (transaction) => {
          const progress = await step(transaction);
          await saveProgress(transaction, runId, progress);
          return progress;
        });
        chunks += 1;
        await options.onChunk?.(chunks, claimed);
        return after;
      };
      const started = options.at ? { ...claimed, started_at: now.toISOString() } : claimed;
      const context: RunContext = { settings, now, db: connection, chunk, backend: silent };
      return (handlers as Record<string, (run: Run, context: RunContext) => ReturnType<(typeof handlers)['vending_import']>>)[
        name
      ]!(started, context);
    });
    const { notices = [], ...rest } = outcome;
    await notifyAdmins(db, settings.adminChatIds, notices);
    return (await finishRun(db, runId, rest)) ?? ((await findRun(db, runId)) as Run);
  }

  return {
    db,
    fake,
    settings,
    services,
    run,
    importAll: (at?: Date, body: Record<string, unknown> = {}) => run('vending_import', body, { at }),
    async person(name = 'Вера') {
      names += 1;
      return db.oneFirst(id`
        with person as (insert into users (first_name, telegram_id) values (${`${name} ${names}`}, ${5_000 + names}) returning id),
          role as (insert into user_roles (user_id, role) select id, 'vending_owner' from person)
        select id from person`);
    },
    /** An owner with an account at the service, whose stock is kept since `stockFrom`. */
    async owner(
      login: string,
      { stockFrom = new Date(Date.now() - 30 * 24 * HOUR_MS), setup = '2026-01-01', refundReturns = false } = {},
    ): Promise<Owned> {
      const userId = await this.person();
      const ownerId = await insertVendingOwner(db, {
        user_id: userId,
        setup_date: setup,
        stock_from: stockFrom.toISOString(),
        refund_returns_stock: refundReturns,
      });
      const seal = (column: 'login' | 'password', text: string) => encryptSecret(settings.vendingKeys, ownerId, column, text);
      await replaceCredentials(db, ownerId, seal('login', login), seal('password', `${login}-password`));
      const warehouse = await db.oneFirst(id`select id from stock_places where owner_id = ${ownerId} and kind = 'warehouse'`);
      return { id: ownerId, userId, login, warehouse };
    },
    /** Terminals as if they had been read. Returns the ids and the machines' places, by their numbers at the service. */
    async terminals(owner: Owned, ...numbers: number[]) {
      await syncTerminals(
        db,
        owner.id,
        numbers.map((vendista_id) => ({
          vendista_id,
          name: `Автомат ${vendista_id}`,
          serial_number: null,
          is_online: true,
          last_online_at: null,
        })),
        new Date(),
      );
      const rows = await db.any(sql.type(z.object({ number: z.int(), id: z.int(), machine: z.int(), stand: z.int() }))`
        select vendista_id as number, terminal.id, machine.id as machine, stand.id as stand from vending_terminals terminal
        join stock_places machine on machine.terminal_id = terminal.id and machine.kind = 'machine'
        join stock_places stand on stand.terminal_id = terminal.id and stand.kind = 'stand'
        where terminal.owner_id = ${owner.id}`);
      return new Map(rows.map((row) => [row.number, row]));
    },
    ingredient: async (owner: Owned, name: string, unit = 'g') => (await insertIngredient(db, owner.id, name, unit)).id,
    recipe: (owner: Owned, terminalId: number, item: number, parts: Record<number, number>, isHidden = false) =>
      db.transaction((transaction) =>
        putRecipe(transaction, {
          ownerId: owner.id,
          terminalId,
          machineItemId: item,
          name: '',
          isHidden,
          items: Object.entries(parts).map(([ingredient, quantity_milli]) => ({
            ingredient_id: Number(ingredient),
            quantity_milli,
          })),
        }),
      ),
    quantity: (placeId: number, ingredientId: number) =>
      db.maybeOneFirst(sql.type(z.object({ quantity: z.int() }))`
        select quantity_milli as quantity from inventories where place_id = ${placeId} and ingredient_id = ${ingredientId}`),
    /** Every row as `id state` with its money. */
    sales: (owner: Owned) =>
      db.any(sql.type(z.object({ id: z.int(), status: z.int(), state: z.string(), sum: z.int() }))`
        select vendista_id as id, status, stock_state as state, sum_minor as sum from vending_transactions where owner_id = ${owner.id} order by 1`),
    counted: (owner: Owned) =>
      db.one(sql.type(z.object({ sales: z.int(), revenue: z.int() }))`
        select count(*)::int as sales, coalesce(sum(sum_minor), 0)::int as revenue from vending_sales where owner_id = ${owner.id}`),
    entries: (owner: Owned) =>
      db.any(sql.type(
        z.object({ reason: z.string(), delta: z.int(), short: z.int(), sale: z.int().nullable(), round: z.int().nullable() }),
      )`
        select reason, delta_milli as delta, shortfall_milli as short, vendista_id as sale, round from stock_entries
        where owner_id = ${owner.id} order by id`),
    messages: (template?: string) =>
      db.any(sql.type(z.object({ template: z.string(), user_id: z.int().nullable(), params: z.record(z.string(), z.json()) }))`
        select template, user_id, params from notifications where ${template ?? null}::text is null or template = ${template ?? null} order by id`),
  };
}

const silent = { kind: 'postgres', queue: () => ({ add: async () => undefined }) } as unknown as RunContext['backend'];
