import type { Sql } from '../../sql/database/database.ts';
import { lockVendingOwner } from '../../sql/vending/owners.ts';
import {
  enterMove,
  enterStock,
  findPlaces,
  lockStock,
  noteCounted,
  ownerOfIngredient,
  setLevels,
} from '../../sql/vending/stock.ts';
import { Refused } from '../refusal.ts';
import { settleTasks } from './notices.ts';

/** Who changes the stock, and the admins' chats for what follows. `now` is when a count was made. */
export type StockActor = { by: string; chatIds: readonly number[]; now: Date };
type Place = Awaited<ReturnType<typeof findPlaces>>[number];
export type StockChange = { places: { place_id: number; quantity_milli: number }[]; tasks_completed: readonly number[] };

/** The places and the owner they share with the ingredient, locked. Another owner's is as good as none (V2). */
async function lockPlaces(transaction: Sql, ids: readonly number[], ingredientId: number) {
  const places = await findPlaces(transaction, ids);
  const found = ids.map((id) => {
    const place = places.find((candidate) => candidate.id === id);
    if (!place) throw new Refused('missing', `there is no stock place ${id}`);
    return place;
  });
  const [{ owner_id: ownerId }] = found as [Place];
  const stranger = found.find((place) => place.owner_id !== ownerId);
  if (stranger) throw new Refused('missing', `there is no stock place ${stranger.id}`);
  if ((await ownerOfIngredient(transaction, ingredientId)) !== ownerId)
    throw new Refused('missing', `there is no ingredient ${ingredientId}`);
  await lockVendingOwner(transaction, ownerId);
  return { ownerId, places: found };
}

const at = (ownerId: number, placeId: number, ingredientId: number) => ({ ownerId, placeId, ingredientId });

async function settled(transaction: Sql, places: readonly Place[], { by, chatIds }: StockActor) {
  const machines = places.flatMap(({ kind, terminal_id }) => (kind === 'machine' && terminal_id !== null ? [terminal_id] : []));
  return (await settleTasks(transaction, machines, by, chatIds)).done;
}

/** Puts more of an ingredient somewhere (V19). Throws `missing` for what is not there or another owner's. */
export async function refill(
  transaction: Sql,
  input: { placeId: number; ingredientId: number; quantity: number },
  actor: StockActor,
) {
  const { placeId, ingredientId, quantity } = input;
  const { ownerId, places } = await lockPlaces(transaction, [placeId], ingredientId);
  const before = await lockStock(transaction, at(ownerId, placeId, ingredientId), true);
  await enterStock(transaction, at(ownerId, placeId, ingredientId), { delta: quantity, reason: 'refill', by: actor.by });
  const done = await settled(transaction, places, actor);
  return { places: [{ place_id: placeId, quantity_milli: before + quantity }], tasks_completed: done } satisfies StockChange;
}

type Move = { fromId: number; toId: number; ingredientId: number; quantity: number };

/** Moves some from one place of an owner to another. Throws a `conflict` where there is not so much (V19). */
export async function moveStock(transaction: Sql, { fromId, toId, ingredientId, quantity }: Move, actor: StockActor) {
  const { ownerId, places } = await lockPlaces(transaction, [fromId, toId], ingredientId);
  if (fromId === toId) throw new Refused('conflict', 'it is there already: from and to are the same place');
  const amounts = new Map<number, number>();
  for (const id of [fromId, toId].sort((a, b) => a - b))
    amounts.set(id, await lockStock(transaction, at(ownerId, id, ingredientId), id === toId));
  const there = amounts.get(fromId) ?? 0;
  if (there < quantity) throw new Refused('conflict', `there is not so much: ${there} thousandths`, { quantity_milli: there });
  await enterMove(transaction, at(ownerId, fromId, ingredientId), at(ownerId, toId, ingredientId), quantity, actor.by);
  const done = await settled(transaction, places, actor);
  return {
    places: [
      { place_id: fromId, quantity_milli: there - quantity },
      { place_id: toId, quantity_milli: (amounts.get(toId) ?? 0) + quantity },
    ],
    tasks_completed: done,
  } satisfies StockChange;
}

/** What somebody has counted: from now on that is there, and sales until now are in it (V19). */
export async function countStock(
  transaction: Sql,
  input: { placeId: number; ingredientId: number; quantity: number },
  actor: StockActor,
) {
  const { placeId, ingredientId, quantity } = input;
  const { ownerId, places } = await lockPlaces(transaction, [placeId], ingredientId);
  const here = at(ownerId, placeId, ingredientId);
  const before = await lockStock(transaction, here, true);
  await enterStock(transaction, here, { delta: quantity - before, reason: 'count', by: actor.by });
  await noteCounted(transaction, here, actor.now.toISOString());
  const done = await settled(transaction, places, actor);
  return { places: [{ place_id: placeId, quantity_milli: quantity }], tasks_completed: done } satisfies StockChange;
}

type Levels = { placeId: number; ingredientId: number; capacity: number; critical: number };

/** Sets how much there is room for, and at how little somebody is to be told. */
export async function setStockLevels(transaction: Sql, { placeId, ingredientId, capacity, critical }: Levels, actor: StockActor) {
  if (critical > capacity)
    throw new Refused('invalid', 'the body is not acceptable', {
      errors: [{ path: 'critical_milli', message: 'at most capacity_milli' }],
    });
  const { ownerId, places } = await lockPlaces(transaction, [placeId], ingredientId);
  const here = at(ownerId, placeId, ingredientId);
  const there = await lockStock(transaction, here, true);
  await setLevels(transaction, here, capacity, critical);
  const done = await settled(transaction, places, actor);
  return { places: [{ place_id: placeId, quantity_milli: there }], tasks_completed: done } satisfies StockChange;
}
