import { mdiAccountTieOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const trainersRoutes: RouteRecordRaw[] = [
  {
    path: '/trainers',
    name: 'trainers',
    component: () => import('./TrainersPage.vue'),
    meta: { title: 'trainers.title', roles: ['owner', 'admin', 'trainer'], menu: { icon: mdiAccountTieOutline, place: 50 } },
  },
  {
    path: '/trainers/:id(\\d+)',
    name: 'trainer',
    component: () => import('./TrainerPage.vue'),
    meta: { title: 'trainers.one', roles: ['owner', 'admin', 'trainer'] },
  },
];
