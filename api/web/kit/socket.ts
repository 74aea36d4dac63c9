/** What a socket of the browser's is to us; tests bring their own. */
export type Line = Pick<WebSocket, 'send' | 'close' | 'readyState'> & {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
};
type Around = {
  open(): Line;
  later(ms: number, callback: () => void): void;
  /** 0 to 1. */
  random(): number;
};
export type News = { changed: readonly string[]; by: string | null } | { missed: true };
/** Where a colleague is: which day they look at, and what they are at, as their page says it. */
export type Colleague = { socket: string; day: string; who: string; name: string; doing?: unknown };
type Here = Colleague & { left?: true };

const FIRST_MS = 500;
const MOST_MS = 20_000;
const OPEN = 1;
const SIGNED_OUT = 4401;
const RESTARTS = 1012;
/** What one is at, and the days that it is carried over, are said so far apart at most: a minute has room for so many messages. */
const DOING_MS = 250;

/**
 * The line to the server that says what changed. It comes back by itself, longer apart each time, at once where a process restarts, and
 * asks with `since` for what passed meanwhile.
 */
export function liveLine({ open, later, random }: Around, { signedOut }: { signedOut(): void }) {
  const watchers = new Map<(news: News) => void, readonly string[]>();
  let line: Line | undefined;
  let isOpen = false;
  let isEnded = false;
  let since: number | undefined;
  let failures = 0;
  let ownDay: string | null = null;
  let ownDoing: unknown = null;
  let isDoingUnsaid = false;
  const colleagues = new Map<string, Colleague>();
  const onlookers = new Set<(all: readonly Colleague[]) => void>();

  const topics = () => [...new Set([...watchers.values()].flat())].slice(0, 200);
  const sayWhatIsWatched = () => {
    if (isOpen && line?.readyState === OPEN)
      line.send(JSON.stringify({ watch: topics(), ...(since === undefined ? {} : { since }) }));
  };
  const sayWhereOneIs = () => {
    isDoingUnsaid = false;
    const where = ownDay === null ? null : { day: ownDay, ...(ownDoing === null ? {} : { doing: ownDoing }) };
    if (isOpen && line?.readyState === OPEN) line.send(JSON.stringify({ here: where }));
  };
  const showColleagues = () => {
    for (const callback of onlookers) callback([...colleagues.values()]);
  };
  function see({ left, ...colleague }: Here) {
    if (left) colleagues.delete(colleague.socket);
    else colleagues.set(colleague.socket, colleague);
    showColleagues();
  }
  const tell = (news: News, about: (topic: string) => boolean) => {
    for (const [callback, watched] of watchers) if (watched.some(about)) callback(news);
  };

  function read(data: unknown) {
    const message = JSON.parse(String(data)) as {
      changed?: string[];
      missed?: true;
      upto?: number;
      by?: string | null;
      here?: Here;
    };
    if (message.here) see(message.here);
    if (message.upto !== undefined) since = Math.max(since ?? 0, message.upto);
    if (message.missed) tell({ missed: true }, () => true);
    const { changed = [], by = null } = message;
    if (changed.length > 0) tell({ changed, by }, (topic) => changed.includes(topic));
  }

  function connect() {
    if (isEnded || line) return;
    line = open();
    line.onopen = () => {
      isOpen = true;
      failures = 0;
      sayWhatIsWatched();
      if (ownDay !== null) sayWhereOneIs();
    };
    line.onmessage = (event) => read(event.data);
    line.onclose = ({ code }) => {
      line = undefined;
      isOpen = false;
      // Who is still there is told anew when the line is back.
      if (colleagues.size > 0) {
        colleagues.clear();
        showColleagues();
      }
      if (code === SIGNED_OUT) {
        isEnded = true;
        return signedOut();
      }
      if (watchers.size > 0) later(pauseAfter(code), connect);
    };
  }

  /** Half to all of a pause that doubles, so that not all pages come back at once. */
  function pauseAfter(code: number): number {
    failures += 1;
    if (code === RESTARTS && failures === 1) return 50 + 200 * random();
    const pause = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
    return pause / 2 + (pause / 2) * random();
  }

  return {
    /** Calls back about these topics until the function that is returned is called. */
    watch(wanted: readonly string[], callback: (news: News) => void): () => void {
      isEnded = false;
      watchers.set(callback, wanted);
      if (line) sayWhatIsWatched();
      else connect();
      return () => {
        watchers.delete(callback);
        if (watchers.size === 0) line?.close();
        else sayWhatIsWatched();
      };
    },
    /** Says which day one is at, null: none any more, and what one is at there; a little later where one is at something. */
    lookAt(day: string | null, doing: unknown = null) {
      if (day === ownDay && JSON.stringify(doing) === JSON.stringify(ownDoing)) return;
      [ownDay, ownDoing] = [day, doing];
      if (doing === null) return sayWhereOneIs();
      if (isDoingUnsaid) return;
      isDoingUnsaid = true;
      later(DOING_MS, () => isDoingUnsaid && sayWhereOneIs());
    },
    /** Calls back with who else is where, whenever it changes, until the function that is returned is called. */
    meet(callback: (all: readonly Colleague[]) => void): () => void {
      onlookers.add(callback);
      callback([...colleagues.values()]);
      return () => void onlookers.delete(callback);
    },
  };
}
