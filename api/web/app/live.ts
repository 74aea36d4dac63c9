import { onScopeDispose, watch } from 'vue';
import { ask } from '../kit/client.ts';

const [FIRST_MS, MOST_MS] = [500, 20_000];
type Said = { changed?: readonly string[]; missed?: true; upto?: number };

/**
 * Calls back as soon as the server says that one of these topics has changed, as long as the component lives. No cookie goes with a frame:
 * the line is opened by a ticket of the session. It comes back by itself, later each time, and asks for what passed meanwhile.
 */
export function useLive(topics: () => readonly string[], changed: () => void) {
  let line: WebSocket | undefined;
  let since: number | undefined;
  let [failures, isGone] = [0, false];
  const watchThem = () => {
    if (line?.readyState === WebSocket.OPEN)
      line.send(JSON.stringify({ watch: topics(), ...(since === undefined ? {} : { since }) }));
  };
  function read(said: Said) {
    if (said.upto !== undefined) since = Math.max(since ?? 0, said.upto);
    if (said.missed || said.changed?.length) changed();
  }
  async function open() {
    const answer = await ask('POST /live/ticket', { body: {} }).catch(() => null);
    if (isGone) return;
    if (!answer) return later();
    line = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live?ticket=${answer.ticket}`);
    line.onopen = () => {
      failures = 0;
      watchThem();
      // What has changed since the screen asked and before it watched.
      if (since === undefined) changed();
    };
    line.onmessage = ({ data }) => read(JSON.parse(String(data)));
    line.onclose = later;
  }
  function later() {
    if (isGone) return;
    failures += 1;
    setTimeout(() => !isGone && void open(), Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2));
  }
  watch(topics, watchThem);
  onScopeDispose(() => {
    isGone = true;
    line?.close();
  });
  void open();
}
