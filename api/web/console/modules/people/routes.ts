import type { RouteRecordRaw } from 'vue-router';

export const peopleRoutes: RouteRecordRaw[] = [
  {
    path: '/people/:id(\\d+)',
    name: 'person',
    component: () => import('./PersonPage.vue'),
    meta: { title: 'person.title', roles: ['owner', 'admin', 'trainer'] },
  },
];
