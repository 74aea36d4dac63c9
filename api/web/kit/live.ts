import { useQueryClient } from '@tanstack/vue-query';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { againIn } from './ask-again.ts';
import { lookWhoItIs } from './session.ts';
import { type Colleague, liveLine, type News } from './socket.ts';

/** The server looks a session up anew when what it knows is half a second old: until then an answer may say that one is still signed in. */
const STALE_MS = 1_000;

async function signedOut() {
  if (await lookWhoItIs()) setTimeout(() => void lookWhoItIs().catch(() => undefined), STALE_MS);
}

const line = liveLine(
  {
    open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`),
    later: (ms, callback) => void setTimeout(callback, ms),
    random: Math.random,
  },
  { signedOut: () => void signedOut().catch(() => undefined) },
);

/** Keeps the line open as long as the component lives: a session that is ended elsewhere is known of at once. */
export function useLine() {
  const leave = line.watch([], () => undefined);
  onScopeDispose(leave);
}

/** Asks again for what stands under a query key whenever one of these topics changes, as long as the component lives ({@link againIn}). */
export function useLive(
  topics: Ref<readonly string[]>,
  queryKey: Ref<readonly unknown[]> | readonly unknown[],
  also?: (news: News) => void,
) {
  const again = againIn(useQueryClient());
  let leave = () => {};
  watch(
    topics,
    (wanted) => {
      leave();
      leave = line.watch(wanted, (news) => {
        also?.(news);
        void again('value' in queryKey ? queryKey.value : queryKey);
      });
    },
    { immediate: true },
  );
  onScopeDispose(() => leave());
}

/**
 * Says which day one looks at and what one is at there as long as the component lives, and returns who else is at which day. Somebody
 * sees colleagues of the days that they watch by {@link useLive}.
 */
export function usePresence(day: Ref<string | null>, doing: Ref<unknown>) {
  const colleagues = shallowRef<readonly Colleague[]>([]);
  watch([day, doing], () => line.lookAt(day.value, doing.value), { immediate: true });
  const leave = line.meet((all) => (colleagues.value = all));
  onScopeDispose(() => {
    leave();
    line.lookAt(null);
  });
  return colleagues;
}
