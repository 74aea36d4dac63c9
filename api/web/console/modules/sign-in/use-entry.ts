import { useRoute, useRouter } from 'vue-router';
import { queryClient } from '../../../kit/queries.ts';
import { lookWhoItIs } from '../../../kit/session.ts';

/** After somebody signed in: forget what was asked for whoever was here before, and go where they wanted to. */
export function useEntry() {
  const [route, router] = [useRoute(), useRouter()];
  return async () => {
    queryClient.clear();
    await lookWhoItIs({ signedIn: true });
    const { next } = route.query;
    // A path of ours and no address: "//host" would be another's.
    await router.replace(typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/');
  };
}
