import { mdiAccountMultipleOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const groupRoutes: RouteRecordRaw[] = [
  {
    path: '/groups',
    name: 'groups',
    component: () => import('./GroupsPage.vue'),
    meta: { title: 'groups.title', roles: ['owner', 'admin', 'trainer'], menu: { icon: mdiAccountMultipleOutline, place: 60 } },
  },
  {
    path: '/groups/:id(\\d+)',
    name: 'group',
    component: () => import('./GroupPage.vue'),
    meta: { title: 'groups.one', roles: ['owner', 'admin', 'trainer'] },
  },
];
