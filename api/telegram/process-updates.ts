import type { Update } from 'node-telegram-bot-api';
import { enqueueProcess } from '../../queues/backend/enqueue.ts';
import type { ProcessRequest } from '../../queues/jobs/request.ts';
import { log } from '../../queues/log/log.ts';
import type { OpenUpdate } from '../../sql/bot/updates.ts';
import { beginTry, decideUpdate, givenAnswers, lockUpdate, openUpdates, postponeUpdate } from '../../sql/bot/updates.ts';
import { actAs } from '../../sql/changes/acting.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { traced } from '../../sql/database/tracing.ts';
import { currentChat, noteMovedChat } from '../../sql/notifications/moved-chats.ts';
import { blockChat, writesAgain } from '../../sql/notifications/notify.ts';
import { noteReached } from '../../sql/notifications/reach.ts';
import { answer, type BotAnswer } from '../../workers/notifier/templates/bot-answers.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import type { BotContext } from './bot-context.ts';
import { decide } from './decide.ts';
import { nameOf, type Turn } from './decision.ts';
import { perform } from './perform.ts';
import { askerOf } from './sender.ts';

/** An update that could not be decided so often is answered with an apology. */
const MOST_TRIES = 3;
/** An answer that could not be given for so long is not worth giving any more. */
const STALE_SECONDS = 3_600;

/**
 * Decides every update that is open, in the order they came, then begins to give the answers: each chat its own in order,
 * chats side by side, so that one with many answers delays nobody else.
 * @param busy the chats that are being answered; they are left to that
 * @returns what is being answered now; it never rejects
 */
export async function workOff(bot: BotContext, signal: AbortSignal, busy: Set<number>): Promise<Promise<unknown>[]> {
  // Whoever is busy now may have been answered by the time the rest is decided: then these rows are old news.
  const left = new Set(busy);
  const open = await openUpdates(bot.db);
  const decided: OpenUpdate[] = [];
  for (const update of open) {
    if (signal.aborted) break;
    const span = { name: 'telegram update', kind: 'server', attributes: { 'fleet.update.id': update.update_id } } as const;
    const ready = update.decided ? update : await traced(span, () => decideOne(bot, update));
    if (ready) decided.push(ready);
  }
  const chats = Map.groupBy(decided, (update) => update.chat_id ?? update.update_id);
  return [...chats].filter(([chat]) => !left.has(chat)).map(([chat, updates]) => answerChat(bot, updates, signal, chat, busy));
}

/** Effects, answers and the mark that the update is decided are one transaction; jobs are enqueued after it. */
async function decideOne(bot: BotContext, { update_id, chat_id }: OpenUpdate): Promise<OpenUpdate | null> {
  const { db } = bot;
  const tries = await beginTry(db, update_id);
  if (tries === null) return null;
  if (tries > MOST_TRIES) return decideUpdate(db, update_id, apology(bot, chat_id));
  try {
    const [ready, asked] = await db.transaction(async (transaction): Promise<[OpenUpdate | null, ProcessRequest[]]> => {
      const locked = await lockUpdate(transaction, update_id);
      if (!locked) return [null, []];
      const update = locked.payload as unknown as Update;
      await noteMove(transaction, update);
      const turn = await turnOf(bot, transaction, update);
      if (turn) {
        await noteReach(transaction, turn.asker.chatId, update);
        await actAs(transaction, { actor: nameOf(turn.asker), cause: `telegram ${update_id}` });
        await decide(turn, bot.me, update);
      }
      return [await decideUpdate(transaction, update_id, turn?.answers ?? []), turn?.asked ?? []];
    });
    for (const request of asked) await enqueueOrLeave(bot, request);
    return ready;
  } catch (error) {
    if (isOutage(error)) throw error;
    log.error({ err: error, update_id, tries }, 'an update could not be decided');
    await postponeUpdate(db, update_id, tries, 'could not be decided');
    return null;
  }
}

/** Whoever writes can be reached again; whoever blocks the bot cannot, and Telegram says so. */
async function noteReach(db: Turn['db'], chatId: number, update: Update) {
  const status = 'my_chat_member' in update ? update.my_chat_member.new_chat_member.status : 'member';
  if (status === 'kicked' || status === 'left') return blockChat(db, chatId, 'blocked the bot');
  await writesAgain(db, chatId);
  return noteReached(db, chatId);
}

/** A group that became a supergroup says so, in the old chat or in the new one. */
async function noteMove(db: Turn['db'], update: Update) {
  if (!('message' in update)) return;
  const { chat, migrate_to_chat_id: to, migrate_from_chat_id: from } = update.message;
  if (isGroup(to)) await noteMovedChat(db, chat.id, to);
  if (isGroup(from)) await noteMovedChat(db, from, chat.id);
}

const isGroup = (id: unknown): id is number => Number.isSafeInteger(id) && Number(id) < 0;

async function turnOf({ db: pool, backend, settings }: BotContext, db: Turn['db'], update: Update): Promise<Turn | null> {
  const asker = await askerOf(db, update, settings);
  return asker && { db, settings, fleet: { db: pool, backend, settings }, now: new Date(), asker, answers: [], asked: [] };
}

const apology = ({ settings }: BotContext, chat_id: number | null): BotAnswer[] =>
  chat_id === null ? [] : [{ do: 'say', chat_id, text: text(settings.locale, 'bot.sorry') }];

/** A job that is not heard now is enqueued again by the scheduler; the run stands in the database. */
const enqueueOrLeave = ({ backend }: BotContext, request: ProcessRequest) =>
  enqueueProcess(backend, request).catch((error) =>
    log.warn({ err: error, run_id: request.run.id }, 'a run waits for its queue'),
  );

/** Stops at the first answer that has to wait, so that a chat reads everything in order. */
async function answerChat(bot: BotContext, updates: readonly OpenUpdate[], signal: AbortSignal, chat: number, busy: Set<number>) {
  busy.add(chat);
  try {
    for (const update of updates) if (!(await giveAnswers(bot, update, signal))) return;
  } catch (error) {
    log.warn({ err: error }, 'a chat was not answered; the next look tries again');
  } finally {
    busy.delete(chat);
  }
}

async function giveAnswers(
  bot: BotContext,
  { update_id, answers, answered, age }: OpenUpdate,
  signal: AbortSignal,
): Promise<boolean> {
  for (const [index, kept] of answers.entries()) {
    if (index < answered) continue;
    const given = await whereItIs(bot, answer.parse(kept));
    if (hasTurn(given) && !(await bot.turn(given.chat_id, signal))) return false;
    const performed = await performInTurn(bot, given);
    if (performed.outcome !== 'given') log.warn({ update_id, ...performed }, 'an answer was not given');
    if (performed.outcome === 'moved' && 'chat_id' in given) {
      const { chat_id } = given;
      await bot.db.transaction((transaction) => noteMovedChat(transaction, chat_id, performed.to));
      return false;
    }
    if (performed.outcome === 'later' && age < STALE_SECONDS) {
      // As long again as it has been waiting already, up to half a minute: 1, 2, 4 ... s.
      const seconds = performed.flood ? performed.seconds : Math.min(30, Math.max(performed.seconds, age));
      await postponeUpdate(bot.db, update_id, seconds, performed.error);
      return false;
    }
    await givenAnswers(bot.db, update_id, index + 1, performed.outcome === 'given' ? null : performed.error);
  }
  return true;
}

/** An answer to a group goes to where the group is now. */
async function whereItIs({ db }: BotContext, given: BotAnswer): Promise<BotAnswer> {
  if (!('chat_id' in given) || given.chat_id > 0) return given;
  return { ...given, chat_id: await currentChat(db, given.chat_id) };
}

/** The turn is given back whatever happens: a chat whose turn is kept would never be answered again. */
async function performInTurn(bot: BotContext, given: BotAnswer) {
  let flood: number | null = null;
  try {
    const performed = await perform(bot, given, new Date());
    if (performed.outcome === 'later' && performed.flood) flood = performed.seconds;
    return performed;
  } finally {
    if (hasTurn(given)) bot.answered(given.chat_id, flood);
  }
}

/** Messages count towards Telegram's limits; the line under a button and the menu do not. */
const hasTurn = (given: BotAnswer): given is Exclude<BotAnswer, { do: 'toast' }> => given.do !== 'toast' && given.do !== 'menu';
