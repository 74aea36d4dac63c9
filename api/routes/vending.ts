import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay, instant } from '../../queues/time/days.ts';
import { notePaid } from '../../sql/alerts/outside-services.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { listImports, shownImport } from '../../sql/vending/imports.ts';
import { findVendingOwnerOf, serviceOf, shownOwner, showVendingOwners } from '../../sql/vending/owners.ts';
import { listRecipes, recipeRow } from '../../sql/vending/recipes.ts';
import { salesLine, sumSales } from '../../sql/vending/sales.ts';
import { assignTerminal, shownTerminal, showTerminal, showTerminals } from '../../sql/vending/terminals.ts';
import { addVendingOwner, changeVendingOwner } from '../../workers/vending/owners.ts';
import { saveRecipe } from '../../workers/vending/recipes.ts';
import { enqueueLater } from '../../workers/vending/sync-terminals.ts';
import { idCursor, idParams, inOrder, page, pageOf, pageQuery, readCursor, wholeText } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { secretField, textField } from '../http/text.ts';
import { id, idOf, oneOf, whole } from './fields.ts';

const shared = { tag: 'vending' } as const;
const read = { ...shared, method: 'get', scope: 'vending:read' } as const;
const ownerItem = shownOwner.meta({ id: 'VendingOwner' });
const terminalItem = shownTerminal.meta({ id: 'VendingTerminal' });
const recipeItem = recipeRow.meta({ id: 'Recipe' });

/** What of the caller and the clock a change of stock needs. */
export const stockActor = ({ caller, fleet, now }: Pick<Context, 'caller' | 'fleet' | 'now'>) => ({
  by: caller.name,
  chatIds: fleet.settings.adminChatIds,
  now,
});

/** The first day whose sales are read; it can be changed, never emptied (V1). */
const setupDay = anyDay.meta({ description: 'the first day whose sales are read, by Moscow time' });
const credential = secretField(200);
const secrets = {
  login: credential.meta({ description: 'at the telemetry service; never shown again', examples: ['cafe'] }),
  password: credential.meta({ description: 'likewise', examples: ['a-password'] }),
};
const ownerFields = {
  stock_from: instant.optional().meta({ description: 'sales before it never touch the stock; by default now' }),
  refund_returns_stock: z
    .boolean({ error: 'true or false' })
    .optional()
    .meta({
      description: 'whether a refunded sale gives its ingredients back; of sales that change from then on',
      examples: [false],
    }),
};

/** Owners, machines, recipes and sales. */
export const vendingRoutes = [
  route({
    ...read,
    path: '/api/vending/owners',
    summary: 'Owners of vending machines',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(ownerItem) },
    async handle({ query: { cursor, limit } }, { db, whose }) {
      const rows = await showVendingOwners(db, whose, readCursor(cursor, idCursor) ?? 0, limit + 1);
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/vending/owners',
    summary: 'Connect somebody’s machines: a token, the terminals and the history are asked for at once',
    scope: 'vending:write',
    transaction: true,
    body: z.strictObject({
      user_id: idOf('the person whose machines they are'),
      ...secrets,
      setup_date: setupDay,
      ...ownerFields,
    }),
    responses: { 201: ownerItem },
    async handle({ body }, { db, fleet, now }) {
      const { id, asked } = await addVendingOwner(db, body, { settings: fleet.settings, now });
      const shown = await changeVendingOwner(db, id, {}, { settings: fleet.settings, now });
      return {
        status: 201,
        body: shown.shown,
        async afterwards() {
          await enqueueLater(fleet, asked);
          return undefined;
        },
      };
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: '/api/vending/owners/{id}',
    summary: 'Change an owner; new credentials are tried at once',
    scope: 'vending:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      login: secrets.login.optional(),
      password: secrets.password.optional(),
      setup_date: setupDay.optional(),
      ...ownerFields,
      is_active: z
        .boolean({ error: 'true or false' })
        .optional()
        .meta({ examples: [true] }),
    }),
    responses: { 200: ownerItem },
    async handle({ params, body }, { db, fleet, now }) {
      const { shown, asked } = await changeVendingOwner(db, params.id, body, { settings: fleet.settings, now });
      return {
        body: shown,
        async afterwards() {
          await enqueueLater(fleet, asked);
          return undefined;
        },
      };
    },
  }),
  route({
    ...read,
    path: '/api/vending/terminals',
    summary: 'Vending machines, inactive ones too',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(terminalItem) },
    async handle({ query: { cursor, limit } }, { db, whose }) {
      const rows = await showTerminals(db, whose, readCursor(cursor, idCursor) ?? 0, limit + 1);
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'patch',
    path: '/api/vending/terminals/{id}',
    summary: 'Say who refills a machine',
    scope: 'vending:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      assignee_id: id.nullable().meta({ description: 'the person; null: whoever owns it', examples: [1] }),
    }),
    responses: { 200: terminalItem },
    async handle({ params, body }, { db }) {
      await assignTerminal(db, params.id, body.assignee_id);
      const terminal = await showTerminal(db, params.id);
      if (!terminal) throw new Problem(404, `there is no vending terminal ${params.id}`);
      return { body: terminal };
    },
  }),
  route({
    ...read,
    path: '/api/vending/terminals/{id}/recipes',
    summary: 'What the portions of a machine are made of',
    params: idParams,
    responses: { 200: z.object({ items: z.array(recipeItem) }) },
    async handle({ params }, { db }) {
      if (!(await showTerminal(db, params.id))) throw new Problem(404, `there is no vending terminal ${params.id}`);
      return { body: { items: await listRecipes(db, params.id) } };
    },
  }),
  route({
    ...shared,
    method: 'put',
    path: '/api/vending/terminals/{id}/recipes/{item}',
    summary: 'Say what a portion is made of; sales that waited for it are deducted, what was deducted stays',
    scope: 'vending:write',
    transaction: true,
    params: z.object({
      id: idParams.shape.id,
      // The service's number: 0 may be one, and it may be as long as its others.
      item: wholeText(Number.MAX_SAFE_INTEGER, 'a whole number, 0 or more', 0),
    }),
    body: z.strictObject({
      name: textField(100)
        .default('')
        .meta({ examples: ['Espresso'] }),
      is_hidden: z
        .boolean({ error: 'true or false' })
        .default(false)
        .meta({ description: 'true: its sales touch no stock', examples: [false] }),
      items: z
        .array(z.strictObject({ ingredient_id: id, quantity_milli: whole(1, 1_000_000_000) }), { error: 'a list of ingredients' })
        .max(50, { error: 'at most 50 ingredients' })
        .refine((items) => new Set(items.map(({ ingredient_id }) => ingredient_id)).size === items.length, {
          error: 'each ingredient once',
        })
        .meta({ description: 'thousandths of the ingredient’s unit', examples: [[{ ingredient_id: 1, quantity_milli: 8_000 }]] }),
    }),
    responses: { 200: recipeItem },
    async handle({ params, body }, context) {
      const { db, fleet } = context;
      const recipe = {
        terminalId: params.id,
        machineItemId: params.item,
        name: body.name,
        isHidden: body.is_hidden,
        items: body.items,
      };
      const { saved, requested } = await saveRecipe(db, recipe, stockActor(context), fleet.settings.zone);
      return {
        body: saved,
        async afterwards() {
          await enqueueLater(fleet, [requested]);
          return undefined;
        },
      };
    },
  }),
  route({
    ...read,
    path: '/api/vending/sales',
    summary: 'Sales of Moscow’s days, both included: by day, terminal or item',
    query: inOrder(
      z.strictObject({
        from: anyDay.optional().meta({ description: 'by default seven days ago' }),
        to: anyDay.optional().meta({ description: 'by default today' }),
        by: oneOf(['day', 'terminal', 'item']).default('day'),
      }),
      'from',
      'to',
    ),
    responses: {
      200: z.object({ from: z.iso.date(), to: z.iso.date(), items: z.array(salesLine.meta({ id: 'VendingSales' })) }),
    },
    async handle({ query }, { db, whose, now }) {
      const to = query.to ?? dayOf(now, 'Europe/Moscow');
      const from = query.from ?? dayOf(new Date(Date.parse(to) - 7 * DAY_MS), 'UTC');
      return { body: { from, to, items: await sumSales(db, whose, { from, to, by: query.by }) } };
    },
  }),
  route({
    ...read,
    path: '/api/vending/imports',
    summary: 'Runs that read the telemetry service, newest first, and what stopped an owner’s reading',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(shownImport.meta({ id: 'VendingImport' })) },
    async handle({ query: { cursor, limit } }, { db, whose }) {
      const rows = await listImports(db, whose, readCursor(cursor, idCursor), limit + 1);
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/auth/reset-payment-status',
    summary: 'Read the sales of an owner again who has paid the telemetry service; the next 402 stops it again',
    scope: 'vending:write',
    transaction: true,
    body: z.strictObject({ userId: idOf('the person whose machines they are') }),
    responses: {
      200: z
        .object({
          success: z.literal(true),
          message: z.string(),
          user: z.object({
            id: z.int(),
            telegram_id: z.int().nullable(),
            first_name: z.string(),
            payment_status: z.literal('active'),
          }),
        })
        .meta({ id: 'PaymentStatusReset' }),
    },
    async handle({ body }, { db, fleet }) {
      const found = await findVendingOwnerOf(db, body.userId);
      if (!found) throw new Problem(404, `there is no vending owner whose user is ${body.userId}`);
      const { person, owner } = found;
      const isNews = await notePaid(db, serviceOf(owner), fleet.settings.adminChatIds);
      const message = isNews ? `${serviceOf(owner)} is read again` : `${serviceOf(owner)} was active already`;
      return { body: { success: true as const, message, user: { ...person, payment_status: 'active' as const } } };
    },
  }),
] as const;
