import { z } from 'zod';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { showVendingOwners } from '../../sql/vending/owners.ts';
import {
  ingredientRow,
  insertIngredient,
  listIngredients,
  listPlaces,
  listStock,
  shownPlace,
  shownStock,
} from '../../sql/vending/stock.ts';
import { listVendingTasks, vendingTask } from '../../sql/vending/tasks.ts';
import { countStock, moveStock, refill, setStockLevels } from '../../workers/vending/stock.ts';
import { completeTask, refillForTask, writeVendingTask } from '../../workers/vending/tasks.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { id, idOf, oneOf, whole } from './fields.ts';
import { stockActor } from './vending.ts';

const shared = { tag: 'vending' } as const;
const read = { ...shared, method: 'get', scope: 'vending:read' } as const;
const change = { ...shared, method: 'post', scope: 'vending:write', transaction: true } as const;
const taskItem = vendingTask.meta({ id: 'VendingTask' });
const ingredientItem = ingredientRow.meta({ id: 'Ingredient' });
const MOST = 1_000_000_000_000;
const thousandths = (least: number) =>
  whole(least, MOST).meta({ description: 'thousandths of the ingredient’s unit', examples: [500_000] });
const place = idOf('the place');
const ingredient = idOf('the ingredient');
const changed = z
  .object({
    places: z.array(z.object({ place_id: z.int(), quantity_milli: z.int() })),
    tasks_completed: z.array(z.int()).meta({ description: 'restock tasks that this closed' }),
  })
  .meta({ id: 'StockChanged' });

const refilled = z
  .object({
    moved: z.array(z.object({ name: z.string(), unit: z.enum(['g', 'ml', 'pcs']), quantity_milli: z.int() })),
    task: taskItem,
  })
  .meta({ id: 'TaskRefilled' });

/** The owner whose rows a caller writes: the one that is named, or the caller's only one. */
async function ownerFor(db: Sql, whose: Whose, named: number | undefined): Promise<number> {
  const owners = await showVendingOwners(db, whose, named === undefined ? 0 : named - 1, named === undefined ? 2 : 1);
  const [owner] = owners.filter((candidate) => named === undefined || candidate.id === named);
  if (!owner && named !== undefined) throw new Problem(404, `there is no vending owner ${named}`);
  if (!owner || owners.length > 1) throw unacceptable('owner_id', 'the id of a vending owner');
  return owner.id;
}

/** What lies where, what came and went, and who is to refill it. */
export const vendingStockRoutes = [
  route({
    ...read,
    path: '/api/vending/ingredients',
    summary: 'Ingredients',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(ingredientItem) },
    async handle({ query: { cursor, limit } }, { db, whose }) {
      const rows = await listIngredients(db, whose, readCursor(cursor, idCursor) ?? 0, limit + 1);
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/ingredients',
    summary: 'Add an ingredient',
    body: z.strictObject({
      owner_id: id.optional().meta({ description: 'whose; an owner of one’s own needs none', examples: [1] }),
      name: textField(100).meta({ examples: ['Coffee'] }),
      unit: oneOf(['g', 'ml', 'pcs']).meta({ examples: ['g'] }),
    }),
    responses: { 201: ingredientItem },
    async handle({ body }, { db, whose }) {
      return { status: 201, body: await insertIngredient(db, await ownerFor(db, whose, body.owner_id), body.name, body.unit) };
    },
  }),
  route({
    ...read,
    path: '/api/vending/places',
    summary: 'Places of stock: warehouses, and of each machine its inside and the stand beside it',
    query: z.strictObject(pageQuery),
    responses: { 200: pageOf(shownPlace.meta({ id: 'StockPlace' })) },
    async handle({ query: { cursor, limit } }, { db, whose }) {
      const rows = await listPlaces(db, whose, readCursor(cursor, idCursor) ?? 0, limit + 1);
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...read,
    path: '/api/vending/stock',
    summary: 'What lies where',
    query: z.strictObject({ place_id: idParams.shape.id.optional(), ...pageQuery }),
    responses: { 200: pageOf(shownStock.meta({ id: 'Stock' })) },
    async handle({ query: { cursor, limit, place_id } }, { db, whose }) {
      const after = readCursor(cursor, z.tuple([idCursor, idCursor]));
      const rows = await listStock(db, whose, { placeId: place_id, after, limit: limit + 1 });
      return { body: page(rows, limit, (row) => [row.place_id, row.ingredient_id]) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/stock/refill',
    summary: 'Put more of an ingredient somewhere',
    body: z.strictObject({ place_id: place, ingredient_id: ingredient, quantity_milli: thousandths(1) }),
    responses: { 200: changed },
    async handle({ body }, context) {
      const input = { placeId: body.place_id, ingredientId: body.ingredient_id, quantity: body.quantity_milli };
      return { body: await refill(context.db, input, stockActor(context)) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/stock/move',
    summary: 'Move some from one place to another; more than there is is refused (409)',
    body: z.strictObject({ from_place_id: place, to_place_id: place, ingredient_id: ingredient, quantity_milli: thousandths(1) }),
    responses: { 200: changed },
    async handle({ body }, context) {
      const { from_place_id: fromId, to_place_id: toId, ingredient_id: ingredientId, quantity_milli: quantity } = body;
      return { body: await moveStock(context.db, { fromId, toId, ingredientId, quantity }, stockActor(context)) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/stock/count',
    summary: 'Say how much was counted: from now on that is there',
    body: z.strictObject({ place_id: place, ingredient_id: ingredient, quantity_milli: thousandths(0) }),
    responses: { 200: changed },
    async handle({ body }, context) {
      const input = { placeId: body.place_id, ingredientId: body.ingredient_id, quantity: body.quantity_milli };
      return { body: await countStock(context.db, input, stockActor(context)) };
    },
  }),
  route({
    ...change,
    method: 'put',
    path: '/api/vending/stock/levels',
    summary: 'Say how much there is room for, and at how little somebody is to be told',
    body: z.strictObject({
      place_id: place,
      ingredient_id: ingredient,
      capacity_milli: thousandths(0),
      critical_milli: thousandths(0).meta({ examples: [100_000] }),
    }),
    responses: { 200: changed },
    async handle({ body }, context) {
      const { place_id: placeId, ingredient_id: ingredientId, capacity_milli: capacity, critical_milli: critical } = body;
      return { body: await setStockLevels(context.db, { placeId, ingredientId, capacity, critical }, stockActor(context)) };
    },
  }),
  route({
    ...read,
    path: '/api/vending/tasks',
    summary: 'Restock tasks, newest first',
    query: z.strictObject({
      status: oneOf(['pending', 'completed', 'cancelled']).optional(),
      hidden: oneOf(['true', 'false']).default('false').meta({ description: 'true: those hidden by the cleanup too' }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(taskItem) },
    async handle({ query: { cursor, limit, status, hidden } }, { db, whose }) {
      const before = readCursor(cursor, idCursor);
      const rows = await listVendingTasks(db, whose, { status, hidden: hidden === 'true', before, limit: limit + 1 });
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/tasks',
    summary: 'Write a restock task by hand',
    body: z.strictObject({
      terminal_id: idOf('the machine'),
      assignee_id: id
        .nullable()
        .default(null)
        .meta({ description: 'who is to do it; null: whoever owns the machine', examples: [1] }),
      comment: textField(499).nullable().default(null),
      ingredients: z
        .array(id, { error: 'ids of ingredients' })
        .max(50, { error: 'at most 50' })
        .default([])
        .meta({ examples: [[1]] }),
    }),
    responses: { 201: taskItem },
    async handle({ body }, context) {
      const { terminal_id: terminalId, assignee_id: assigneeId, comment } = body;
      const task = { terminalId, assigneeId, comment, ingredients: [...new Set(body.ingredients)] };
      return { status: 201, body: await writeVendingTask(context.db, task, stockActor(context)) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/tasks/{id}/complete',
    summary: 'Say that a restock task is done; what is still critical is named (409)',
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: taskItem },
    async handle({ params }, { db, caller }) {
      return { body: await completeTask(db, params.id, caller.name) };
    },
  }),
  route({
    ...change,
    path: '/api/vending/tasks/{id}/refill',
    summary: 'Fill up what a restock task names, to the capacity, with what the warehouse has',
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: refilled },
    async handle({ params }, context) {
      return { body: await refillForTask(context.db, params.id, stockActor(context)) };
    },
  }),
] as const;
