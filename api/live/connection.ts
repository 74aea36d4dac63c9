import type { WebSocket } from 'ws';
import { isJwt } from '../auth/jwt.ts';
import type { Caller, Visit } from '../http/caller.ts';
import { Problem } from '../http/problems.ts';
import type { Feed, Watcher } from './feed.ts';
import { type Here, readMessage, type SocketRequest, type Watch } from './messages.ts';
import { newSocketId, type openPresence, type Presence, seenBy } from './presence.ts';
import { answerText, refusalAnswer, type requestAnswerer } from './requests.ts';

/** Why a socket is closed by us. 4401: sign in again. 1012 (we restart) and the rest: come back. */
export const CLOSE = { ended: 4401, tooMany: 4429, text: 1003, restart: 1012 } as const;
const MOST_A_MINUTE = 1_200;
/** Requests of one socket at the same time. */
const MOST_AT_ONCE = 16;
/** Whoever leaves so many bytes of news waiting is let go; answers, which were asked for, only stop the reading of further messages. */
const MOST_WAITING = 256 * 1_024;
const MOST_ANSWERS_WAITING = 1_024 * 1_024;
/** A peer that does not take its close is cut off then. */
const LAST_WORD_MS = 2_000;

export type House = {
  feed: Feed;
  presence: ReturnType<typeof openPresence>;
  answer: ReturnType<typeof requestAnswerer>;
  mayWatch(caller: Caller, topics: readonly string[]): Promise<Set<string>>;
};
export type Connection = ReturnType<typeof openConnection>;

/** One socket: takes its messages, answers them and passes on the news. `onClose` is called once, when it is over. */
export function openConnection(socket: WebSocket, from: { caller: Caller; visit: Visit }, house: House, onClose: () => void) {
  let { caller } = from;
  let isOver = false;
  let isAlive = true;
  let answersWaiting = 0;
  let minute = { began: performance.now(), messages: 0 };
  const underWay = new Set<Promise<void>>();
  let watching = Promise.resolve();
  const topics = new Set<string>();
  const watcher: Watcher = {
    topics,
    tell: (news, refused = []) => {
      const known = 'by' in news ? { ...news, by: mayKnow(caller, news.by) ? news.by : null } : news;
      push({ ...known, ...(refused.length > 0 ? { refused } : {}) });
      if (watcher.joining === undefined && isStaff(caller)) house.presence.showTo(onlooker);
    },
  };
  const onlooker = { id: newSocketId(), topics, see: (here: Presence) => push({ here: seenBy(caller, here) }) };

  socket.on('pong', () => (isAlive = true));
  // What follows is a close; nobody is interested in why a peer was cut off.
  socket.on('error', () => undefined);
  socket.once('close', over);
  socket.on('message', (data, isBinary) => {
    isAlive = true;
    if (isOver) return;
    if (isBinary) return end(CLOSE.text, 'messages are text');
    if (isOneTooMany()) return end(CLOSE.tooMany, 'too many messages in this minute');
    take(String(data));
  });
  if (isStaff(caller)) house.presence.enter(onlooker);

  function isOneTooMany(): boolean {
    const now = performance.now();
    if (now - minute.began >= 60_000) minute = { began: now, messages: 0 };
    minute.messages += 1;
    return minute.messages > MOST_A_MINUTE;
  }

  function take(text: string) {
    let id: SocketRequest['id'] | null = null;
    try {
      const message = readMessage(text, (found) => (id = found));
      if (message.kind === 'watch') watching = watching.then(() => watch(message.data));
      else if (message.kind === 'here') say(message.data.here);
      else track(ask(message.data));
    } catch (error) {
      answer(answerText(id, refusalAnswer(error, '/live', onlooker.id)));
    }
  }

  async function watch({ watch: wanted, since }: Watch) {
    try {
      const now = await renewed();
      if (!now) return;
      const allowed = await house.mayWatch(now, wanted);
      topics.clear();
      for (const topic of wanted) if (allowed.has(topic)) topics.add(topic);
      watcher.joining = { since: since ?? null, refused: wanted.filter((topic) => !allowed.has(topic)) };
      if (!isOver) house.feed.watch(watcher);
    } catch (error) {
      answer(answerText(null, refusalAnswer(error, '/live', onlooker.id)));
    }
  }

  function say(here: Here) {
    if (!isStaff(caller)) throw new Problem(403, 'who is here is for those who work here');
    house.presence.say(onlooker, caller, here);
  }

  async function ask(request: SocketRequest) {
    if (underWay.size >= MOST_AT_ONCE) {
      const tooMany = new Problem(429, `${MOST_AT_ONCE} requests of this socket are being answered; wait for them`, {
        headers: { 'Retry-After': '1' },
      });
      return answer(answerText(request.id, refusalAnswer(tooMany, '/live', onlooker.id)));
    }
    const now = await renewed();
    if (now) answer(await house.answer(request, { caller: now, visit: from.visit, isWaiting: () => !isOver && !isDraining }));
  }

  /** The caller with the rights of now. Null where the session is over: then so is the socket. */
  async function renewed(): Promise<Caller | null> {
    const now = caller.renewed ? await caller.renewed() : caller;
    if (now) caller = now;
    else end(CLOSE.ended, 'the session has ended');
    return now;
  }

  function track(work: Promise<void>) {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  function push(news: object) {
    if (isOver) return;
    if (socket.bufferedAmount - answersWaiting > MOST_WAITING) return over(socket.terminate());
    socket.send(JSON.stringify(news));
  }

  function answer(text: string) {
    if (isOver) return;
    const bytes = Buffer.byteLength(text);
    answersWaiting += bytes;
    if (answersWaiting > MOST_ANSWERS_WAITING) socket.pause();
    socket.send(text, () => {
      answersWaiting -= bytes;
      if (socket.isPaused && answersWaiting <= MOST_ANSWERS_WAITING) socket.resume();
    });
  }

  function end(code: number, reason: string) {
    if (isOver) return;
    over();
    socket.resume();
    socket.close(code, reason);
    const lastWord = setTimeout(() => socket.terminate(), LAST_WORD_MS);
    socket.once('close', () => clearTimeout(lastWord));
  }

  function over(_?: unknown) {
    if (isOver) return;
    isOver = true;
    house.feed.leave(watcher);
    if (isStaff(caller)) house.presence.exit(onlooker, caller);
    onClose();
  }

  let isDraining = false;
  return {
    caller: () => caller,
    isByJwt: isJwt(from.visit.token ?? ''),
    end,
    /** Turns out whoever's session or key is over. */
    renew: async () => void (await renewed()),
    /** Judges again what it watches: rows may have become somebody else's. */
    async judge() {
      if (topics.size === 0) return;
      const allowed = await house.mayWatch(caller, [...topics]);
      for (const topic of topics) if (!allowed.has(topic)) topics.delete(topic);
    },
    /** Every 15 s. A peer that has not answered the last ping is gone. Says how far the news go, so that whoever loses the line knows. */
    ping() {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
      const upto = house.feed.upto();
      if (upto !== null && topics.size > 0 && watcher.joining === undefined) push({ changed: [], upto, by: null });
    },
    /** Answers what is under way, takes nothing more, and asks the peer to come back elsewhere. */
    async drain() {
      isDraining = true;
      socket.pause();
      await Promise.allSettled(underWay);
      end(CLOSE.restart, 'this process restarts; come back');
    },
  };
}

/** Clients are told what has changed, and not which other client did it. */
const mayKnow = (caller: Caller, actor: string | null) => caller.person === undefined || isStaff(caller) || actor === caller.name;

/** Whoever works here, and nobody else, sees who else does what. */
const isStaff = ({ person }: Caller) =>
  person?.roles.some((role) => role === 'owner' || role === 'admin' || role === 'trainer') ?? false;
