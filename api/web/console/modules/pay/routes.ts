import { mdiWalletOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

const roles = ['owner', 'admin', 'trainer'] as const;

export const payRoutes: RouteRecordRaw[] = [
  {
    path: '/pay',
    name: 'pay',
    component: () => import('./PayPage.vue'),
    meta: { title: 'wage.title', roles, menu: { icon: mdiWalletOutline, place: 52 } },
  },
  {
    path: '/pay/:id(\\d+)',
    name: 'pay-of-trainer',
    component: () => import('./TrainerPayPage.vue'),
    meta: { title: 'wage.title', roles },
  },
];
