import { mdiFileUploadOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const importRoutes: RouteRecordRaw[] = [
  {
    path: '/imports',
    name: 'imports',
    component: () => import('./ImportsPage.vue'),
    meta: { title: 'imports.title', roles: ['owner', 'admin'], menu: { icon: mdiFileUploadOutline, place: 75 } },
  },
];
