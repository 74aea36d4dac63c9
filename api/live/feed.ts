import { log } from '../../queues/log/log.ts';
import type { Database } from '../../sql/database/database.ts';
import { type Change, type Look, lookForChanges } from '../../sql/live/changes.ts';

/** What a socket is told. `by`: who did it, where all of it is one actor's and that is known. */
export type News = { changed: readonly string[]; upto: number; by: string | null } | { missed: true; upto: number };

export type Watcher = {
  topics: ReadonlySet<string>;
  /** Of whoever has just begun to watch: what it has missed since an `upto`, or null, which is answered by the next look. */
  joining?: { since: number | null; refused: readonly string[] };
  tell(news: News, refused?: readonly string[]): void;
};

/** The database is asked so often, while somebody watches; whoever begins to watch waits a shorter time. */
const LOOK_MS = 100;
const JOIN_MS = 10;

export type Feed = ReturnType<typeof openFeed>;

/**
 * The one poller of a process: tells watchers which of their topics have changed. However late a transaction commits, its changes are
 * told; see {@link lookForChanges}. `upto` is a transaction before which all are over: whoever comes back with it, to whichever
 * process, is told everything since, some of it perhaps again. With Redis the database is asked all the same: the changes are in it.
 */
export function openFeed(db: Database, zone: string) {
  const watchers = new Set<Watcher>();
  let last: Look | undefined;
  let next: NodeJS.Timeout | undefined;
  let isLooking = false;
  let isAway = false;

  function plan(ms: number) {
    clearTimeout(next);
    next = setTimeout(look, ms);
  }

  async function look() {
    if (isLooking) return;
    if (watchers.size === 0) {
      last = undefined;
      return;
    }
    isLooking = true;
    const joining = [...watchers].filter((watcher) => watcher.joining);
    const before = new Map(joining.map((watcher) => [watcher, watcher.joining]));
    try {
      const asked = joining.flatMap(({ joining: own }) => own?.since ?? []);
      const seen = last?.seen ?? null;
      const found = await lookForChanges(db, { seen, since: asked.length > 0 ? Math.min(...asked) : null, zone });
      tellAll(found, before);
      last = found;
      if (isAway) log.info('changes are seen again');
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'changes cannot be looked for; trying again');
      isAway = true;
    } finally {
      isLooking = false;
      const isWaitedFor = !isAway && [...watchers].some(({ joining: own }) => own);
      plan(isWaitedFor ? JOIN_MS : LOOK_MS);
    }
  }

  function tellAll(found: Look, before: Map<Watcher, Watcher['joining']>) {
    // After a restore, or so long without the database that what happened meanwhile is forgotten.
    const isLost = last !== undefined && (found.next < last.next || found.forgotten >= last.upto);
    const news = found.changes.filter(({ is_new }) => is_new);
    for (const watcher of watchers) {
      const own = before.get(watcher);
      if (own && own === watcher.joining) welcome(watcher, own, found);
      else if (isLost) watcher.tell({ missed: true, upto: found.upto });
      else if (news.length > 0) tell(watcher, news, found.upto);
    }
  }

  function welcome(watcher: Watcher, { since, refused }: NonNullable<Watcher['joining']>, found: Look) {
    watcher.joining = undefined;
    if (since !== null && (since > found.next || since <= found.forgotten))
      return watcher.tell({ missed: true, upto: found.upto }, refused);
    const missed = found.changes.filter(({ is_new, xid }) => is_new || (since !== null && xid >= since));
    const { changed, by } = of(watcher, missed);
    watcher.tell({ changed, upto: found.upto, by }, refused);
  }

  function tell(watcher: Watcher, news: readonly Change[], upto: number) {
    for (const ofOne of Map.groupBy(news, ({ actor }) => actor).values()) {
      const { changed, by } = of(watcher, ofOne);
      if (changed.length > 0) watcher.tell({ changed, upto, by });
    }
  }

  return {
    /** Begins to watch, or to watch something else: set `topics` and `joining` before. */
    watch(watcher: Watcher) {
      watchers.add(watcher);
      if (!isLooking) plan(JOIN_MS);
    },
    leave: (watcher: Watcher) => void watchers.delete(watcher),
    /** Of the last look; null: there was none. */
    upto: () => last?.upto ?? null,
  };
}

/** The topics of a watcher that these changes concern, and whose they are where they are one actor's. */
function of({ topics }: Watcher, changes: readonly Change[]): { changed: string[]; by: string | null } {
  const changed = new Set<string>();
  const actors = new Set<string | null>();
  for (const change of changes) {
    const concerned = concernedBy(change, topics);
    for (const topic of concerned) changed.add(topic);
    if (concerned.length > 0) actors.add(change.actor);
  }
  const [by = null] = actors;
  return { changed: [...changed], by: actors.size === 1 ? by : null };
}

function concernedBy({ topic, from_day, to_day }: Change, topics: ReadonlySet<string>): string[] {
  if (topic === 'days') return [...topics].filter((own) => own >= `day:${from_day}` && own <= `day:${to_day}`);
  if (topic.endsWith('*')) return [...topics].filter((own) => own.startsWith(topic.slice(0, -1)));
  return topics.has(topic) ? [topic] : [];
}
