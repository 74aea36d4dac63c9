import { useQueryClient } from '@tanstack/vue-query';
import { onScopeDispose, type Ref, watch } from 'vue';
import { lookWhoItIs } from './session.ts';
import { liveLine, type News } from './socket.ts';

const line = liveLine(
  {
    open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`),
    later: (ms, callback) => void setTimeout(callback, ms),
    random: Math.random,
  },
  { signedOut: () => void lookWhoItIs().catch(() => undefined) },
);

/** Keeps the line open as long as the component lives: a session that is ended elsewhere is known of at once. */
export function useLine() {
  const leave = line.watch([], () => undefined);
  onScopeDispose(leave);
}

/** Asks again for what stands under a query key whenever one of these topics changes, as long as the component lives. */
export function useLive(
  topics: Ref<readonly string[]>,
  queryKey: Ref<readonly unknown[]> | readonly unknown[],
  also?: (news: News) => void,
) {
  const queries = useQueryClient();
  let leave = () => {};
  watch(
    topics,
    (wanted) => {
      leave();
      leave = line.watch(wanted, (news) => {
        also?.(news);
        void queries.invalidateQueries({ queryKey: 'value' in queryKey ? queryKey.value : queryKey });
      });
    },
    { immediate: true },
  );
  onScopeDispose(() => leave());
}
