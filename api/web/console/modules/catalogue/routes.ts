import { mdiShapeOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const catalogueRoutes: RouteRecordRaw[] = [
  {
    path: '/catalogue',
    name: 'catalogue',
    component: () => import('./CataloguePage.vue'),
    meta: { title: 'catalogue.title', roles: ['owner', 'admin'], menu: { icon: mdiShapeOutline, place: 70 } },
  },
];
