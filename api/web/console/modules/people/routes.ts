import { mdiContactsOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const peopleRoutes: RouteRecordRaw[] = [
  {
    path: '/clients',
    name: 'clients',
    component: () => import('./ClientsPage.vue'),
    meta: {
      title: 'clients.title',
      roles: ['owner', 'admin', 'trainer'],
      menu: { icon: mdiContactsOutline, place: 25 },
    },
  },
  {
    path: '/people/:id(\\d+)',
    name: 'person',
    component: () => import('./PersonPage.vue'),
    meta: { title: 'person.title', roles: ['owner', 'admin', 'trainer'] },
  },
];
