import type { RequestHandler, Response } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { validSessions } from '../../sql/auth/sessions.ts';
import { callerOf, visitFrom } from '../auth/authenticate.ts';
import { networkOf } from '../auth/guesses.ts';
import { demandOwnOrigin } from '../auth/visit.ts';
import { askedBy } from '../http/fair-share.ts';
import { away, Problem } from '../http/problems.ts';
import { CLOSE, type Connection, type House, openConnection } from './connection.ts';
import { openFeed } from './feed.ts';
import { MOST_READ } from './messages.ts';
import { createPlaces } from './places.ts';
import { AGAIN_MS, openPresence } from './presence.ts';
import { openBus } from './presence-bus.ts';
import { type RequestHouse, requestAnswerer } from './requests.ts';
import { topicJudge } from './topics.ts';
import { upgradeOf } from './upgrades.ts';

/** So often it is looked whether sessions and keys are still valid: a socket ends within a second of them. */
const VALID_MS = 400;
/** What somebody may watch is judged again. */
const JUDGE_MS = 60_000;

type Live = RequestHouse & {
  /** Its database is shared out among callers. */
  fleet: Fleet;
  /** The pool itself, for what this process asks on its own. */
  db: Fleet['db'];
  draining: AbortSignal;
};

/** The socket of the API, `GET /live`: whoever comes through `authenticate` is taken in by the handler. */
export function createLive(live: Live): RequestHandler {
  const { fleet, db, draining } = live;
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_READ, perMessageDeflate: false, clientTracking: false });
  const connections = new Set<Connection>();
  const judge = topicJudge(live.routes);
  const bus = openBus(fleet, (message) => presence.hear(message));
  const presence = openPresence(bus);
  const house: House = {
    feed: openFeed(db, fleet.settings.zone),
    presence,
    answer: requestAnswerer(live),
    mayWatch: (caller, topics) => askedBy({ caller: caller.id, kind: 'live' }, () => judge(fleet.db, caller, topics)),
  };
  const places = createPlaces();
  let timers: NodeJS.Timeout[] = [];
  draining.addEventListener('abort', () => connections.forEach((connection) => void connection.drain()));

  function enter(socket: WebSocket, response: Response) {
    const connection = openConnection(socket, { caller: callerOf(response), visit: visitFrom(response) }, house, () => {
      connections.delete(connection);
      if (connections.size === 0) rest();
    });
    connections.add(connection);
    if (timers.length === 0) wake();
    if (draining.aborted) void connection.drain();
  }

  function wake() {
    bus.open();
    const every = (ms: number, work: () => unknown) => setInterval(work, ms).unref();
    timers = [
      every(VALID_MS, once(turnOut)),
      every(AGAIN_MS, () => {
        presence.again();
        for (const connection of connections) connection.ping();
      }),
      every(JUDGE_MS, once(judgeAll)),
    ];
  }
  function rest() {
    for (const timer of timers) clearInterval(timer);
    timers = [];
    bus.close();
  }

  /** Sessions are looked at all together, and not by the way that counts as using them; keys and JWTs by their own. */
  async function turnOut() {
    const [bySession, byThemselves] = [new Map<Connection, number>(), [] as Connection[]];
    for (const connection of connections) {
      const { person } = connection.caller();
      if (person && !connection.isByJwt) bySession.set(connection, person.sessionId);
      else byThemselves.push(connection);
    }
    if (bySession.size > 0) {
      const valid = new Set(await validSessions(db, [...new Set(bySession.values())], new Date()));
      for (const [connection, id] of bySession) if (!valid.has(id)) connection.end(CLOSE.ended, 'the session has ended');
    }
    await Promise.all(byThemselves.map((connection) => connection.renew()));
  }

  async function judgeAll() {
    for (const connection of connections) await connection.judge();
  }

  return (request, response) => {
    const upgrade = upgradeOf(request);
    if (!upgrade)
      throw new Problem(426, 'this is a WebSocket: open it as one', { headers: { Upgrade: 'websocket', Connection: 'Upgrade' } });
    if (draining.aborted) throw away('this process restarts; come back');
    demandOwnOrigin(request, fleet.settings);
    const caller = callerOf(response);
    if (caller.person?.isLimited) throw new Problem(403, 'set up the second factor first: POST /me/totp');
    const leave = places.enter(caller, networkOf(request.ip ?? ''));
    const { socket, head } = upgrade;
    socket.once('close', leave);
    response.detachSocket(request.socket);
    response.statusCode = 101;
    response.emit('close');
    server.handleUpgrade(request, socket, head, (opened) => enter(opened, response));
  };
}

/** Not again before it is done; what fails, such as a database that is away, turns nobody out. */
function once(work: () => Promise<void>) {
  let isWorking = false;
  return async () => {
    if (isWorking) return;
    isWorking = true;
    await work()
      .catch((error) => log.debug({ err: error }, 'sockets could not be looked at'))
      .finally(() => (isWorking = false));
  };
}
