import { z } from 'zod';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockStudents, seatHolders } from '../../sql/finance/seats.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { changeTraining, type HandState, lockForHand, noteChangesAsTold, readForHand } from '../../sql/trainings/by-hand.ts';
import { namesOfPeople } from '../../sql/trainings/people.ts';
import { outdate, untoldOf, type Waiting } from '../../sql/undo/messages.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { undoOffer, withUndo } from '../undo/offer.ts';
import { demandVersion } from './move.ts';
import { notifyOfMove } from './notices.ts';
import { type Plan, planChange } from './plan.ts';
import { readersOf, type TrainingReader, untoldMoves } from './readers.ts';
import { whileFree } from './refusals.ts';

type Wish = { items: readonly { id: number; version: number }[]; trainer_id: number };

const obstacle = z.object({ what: z.string(), id: z.int().nullable(), why: z.string() });
const item = z.object({
  real_training_id: z.int(),
  training_type: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  obstacles: z.array(obstacle).meta({ description: 'why it cannot be given by that trainer; empty: it can' }),
});
/** What giving trainings to another trainer means: of each whether it can be, and of all who is told. */
export const handedOver = z
  .object({
    dry_run: z.boolean(),
    items: z.array(item),
    told: z.object({ count: z.int(), people: z.array(z.object({ id: z.int(), name: z.string(), as: z.string() })) }),
    undo: undoOffer.nullable().meta({ description: 'takes all of it back; null: nothing was changed' }),
  })
  .meta({ id: 'TrainingsHandedOver' });
type HandedOver = z.output<typeof handedOver>;

/**
 * Gives several trainings to another trainer (R12), all of them or none, each in the version that was seen; everybody concerned is told
 * once it cannot be taken back any more, and one undo takes all of it back (D49). Throws a `conflict` with `items` where the trainer is
 * busy or does not work then, where a training was changed meanwhile, has begun or is cancelled.
 */
export const handOver = (wish: Wish, context: CallContext): Promise<HandedOver> =>
  whileFree(
    () => act(wish, context),
    async () => refuse((await wouldHandOver(wish, context)).items),
  );

/** What {@link handOver} would do; nothing is written or locked. What is in the way of a training stands with it. */
export async function wouldHandOver(wish: Wish, context: CallContext): Promise<HandedOver> {
  const { db } = context;
  const plans: Plan[] = [];
  const items: HandedOver['items'] = [];
  for (const { id, version } of inOrder(wish.items)) {
    const state = await readForHand(db, id);
    if (!state) throw missing(id);
    await demandVersion(db, state, version);
    const plan = await planned(db, state, wish, context);
    items.push(itemOf(state, plan));
    if (!(plan instanceof Refused) && plan.isChange && plan.obstacles.length === 0) plans.push(plan);
  }
  const waiting = await untoldOf(db, plans.map(subjectOf));
  return {
    dry_run: true,
    items,
    told: await toldBy(
      db,
      plans.flatMap((plan) => readersFor(plan, waiting)),
    ),
    undo: null,
  };
}

/** In order of id, so that two who lock some of the same do not wait for each other. */
const inOrder = (items: Wish['items']) => items.toSorted((one, other) => one.id - other.id);
const missing = (id: number) => new Refused('missing', `there is no training ${id}`);
const subjectOf = ({ state }: Plan) => `training:${state.id}`;

/** A plan, or what a training that has begun or is cancelled answers. */
const planned = (db: Sql, state: HandState, { trainer_id }: Wish, { now, fleet }: CallContext) =>
  planChange(db, state, { trainer_id }, { now, zone: fleet.settings.zone }).catch((error) => {
    if (error instanceof Refused && error.kind === 'conflict') return error;
    throw error;
  });

const itemOf = (state: HandState, plan: Plan | Refused): HandedOver['items'][number] => ({
  real_training_id: state.id,
  training_type: state.training_type,
  starts_at: state.starts_at,
  ends_at: state.ends_at,
  obstacles:
    plan instanceof Refused
      ? [{ what: 'over', id: state.id, why: plan.message }]
      : plan.obstacles.map(({ what, id, words }) => ({ what, id, why: words })),
});

function refuse(items: HandedOver['items']) {
  const blocked = items.filter(({ obstacles }) => obstacles.length > 0);
  const [first] = blocked;
  if (first) throw new Refused('conflict', first.obstacles[0]?.why ?? 'not all of them can be given to that trainer', { items });
}

const readersFor = ({ state, was, now, going }: Plan, waiting: readonly Waiting[]): TrainingReader[] => {
  const own = waiting.filter(({ params }) => params.real_training_id === state.id);
  const stays = going.filter(({ status }) => status !== 'ABSENT');
  return readersOf(was, now, stays, [], untoldMoves(own));
};

/** Each person once, however many of the trainings concern them. */
async function toldBy(db: Sql, readers: readonly TrainingReader[]): Promise<HandedOver['told']> {
  const first = new Map<number, TrainingReader>();
  for (const reader of readers) if (!first.has(reader.userId)) first.set(reader.userId, reader);
  const names = await namesOfPeople(db, [...first.keys()]);
  return {
    count: first.size,
    people: [...first.values()].map(({ userId, as }) => ({ id: userId, name: names.get(userId) ?? '', as })),
  };
}

const act = (wish: Wish, context: CallContext) =>
  context.db.transaction(async (transaction): Promise<HandedOver> => {
    const clock = { now: context.now, zone: context.fleet.settings.zone };
    const ids = inOrder(wish.items).map(({ id }) => id);
    await expireHolds(transaction);
    await lockRoster(transaction);
    const holders: number[] = [];
    for (const id of ids) holders.push(...(await seatHolders(transaction, id)));
    await lockStudents(transaction, [...new Set(holders)]);
    const states: HandState[] = [];
    for (const { id, version } of inOrder(wish.items)) {
      const state = await lockForHand(transaction, id);
      if (!state) throw missing(id);
      await demandVersion(transaction, state, version);
      states.push(state);
    }
    const plans: Plan[] = [];
    const items: HandedOver['items'] = [];
    for (const state of states) {
      const plan = await planned(transaction, state, wish, context);
      items.push(itemOf(state, plan));
      if (!(plan instanceof Refused) && plan.isChange) plans.push(plan);
    }
    refuse(items);
    const [subject] = plans;
    if (!subject) return { dry_run: false, items, told: { count: 0, people: [] }, undo: null };
    const changed = plans.map(({ state }) => state.id);
    const of = {
      kind: 'training_changed',
      subjectId: subject.state.id,
      actor: context.caller.name,
      trainingIds: changed,
    } as const;
    const { result, undo } = await withUndo(transaction, { ...of, subjects: plans.map(subjectOf) }, async (waiting, opened) => {
      const readers: TrainingReader[] = [];
      for (const plan of plans) await changeTraining(transaction, plan.next);
      await noteChangesAsTold(transaction, changed);
      const moves = waiting.filter(({ template }) => template === 'training_moved');
      await outdate(
        transaction,
        moves.map(({ id }) => id),
      );
      for (const plan of plans) {
        const own = readersFor(plan, moves);
        await notifyOfMove(transaction, plan, own, opened, clock);
        readers.push(...own);
      }
      return { result: await toldBy(transaction, readers) };
    });
    return { dry_run: false, items, told: result, undo };
  });
