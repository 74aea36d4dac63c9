import { mdiAccountGroupOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const teamRoutes: RouteRecordRaw[] = [
  {
    path: '/team',
    name: 'team',
    component: () => import('./TeamPage.vue'),
    meta: { title: 'team.title', roles: ['owner', 'admin'], menu: { icon: mdiAccountGroupOutline, place: 90 } },
  },
];
