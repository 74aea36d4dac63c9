import { mdiFlagCheckered } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const startRoutes: RouteRecordRaw[] = [
  {
    path: '/start',
    name: 'start',
    component: () => import('./StartPage.vue'),
    meta: { title: 'start.title', roles: ['owner', 'admin'], menu: { icon: mdiFlagCheckered, place: 95 } },
  },
];
