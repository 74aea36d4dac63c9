import { watch } from 'vue';
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router';
import { learnTheRest, locale, t } from '../kit/i18n.ts';
import { lookWhoItIs, session } from '../kit/session.ts';
import { pageRoutes } from './modules.ts';
import { loadAnew } from './shell/load-anew.ts';
import { mayOpen, menuOf } from './shell/menu.ts';

export const router = createRouter({
  history: createWebHistory('/console/'),
  routes: [
    ...pageRoutes,
    {
      path: '/:rest(.*)*',
      name: 'missing',
      component: () => import('./shell/MissingPage.vue'),
      meta: { title: 'missing.title' },
    },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** Leads to where somebody begins: the first entry of their menu; who has none is a client, whose pages are the cabinet. */
function home() {
  const [first] = menuOf(router);
  if (first?.name) return { name: first.name };
  location.replace('/cabinet');
  return false;
}

router.beforeEach(async (to) => {
  if (!session.isKnown()) await lookWhoItIs().catch(() => null);
  if (!to.meta.isOpen && to.name !== 'board') await learnTheRest();
  if (to.meta.isOpen) return true;
  const me = session.me.value;
  if (!me) return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } };
  if (me.second_factor_needed && to.name !== 'second-factor') return { name: 'second-factor' };
  if (to.path === '/' && !mayOpen(to.meta.roles)) return home();
  return mayOpen(to.meta.roles) || { name: 'missing', params: { rest: to.path.slice(1).split('/') } };
});

const entitle = (to: RouteLocationNormalized) => {
  document.documentElement.dataset.page = to.fullPath;
  if (to.meta.title) document.title = `${t(to.meta.title)} · Studio Fleet`;
};
router.afterEach(entitle);
watch(locale, () => entitle(router.currentRoute.value));
// Whoever is signed out elsewhere is asked to sign in where they are.
watch(session.me, (me, before) => {
  const to = router.currentRoute.value;
  if (before && !me && !to.meta.isOpen) void router.replace({ name: 'sign-in', query: { next: to.fullPath } });
});
// A build that is gone: its page must be loaded anew. What opens on a page says so by an event, after what a navigation says.
router.onError((error, to) => {
  if (/dynamically imported module|Importing a module|Failed to fetch|Unable to preload/.test(String(error)))
    void loadAnew(`/console${to.fullPath}`);
});
addEventListener('vite:preloadError', () => setTimeout(() => void loadAnew()));
