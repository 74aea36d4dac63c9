import { mdiCheckboxMarkedCircleOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const taskRoutes: RouteRecordRaw[] = [
  {
    path: '/tasks',
    name: 'tasks',
    component: () => import('./TasksPage.vue'),
    meta: { title: 'tasks.title', roles: ['owner', 'admin'], menu: { icon: mdiCheckboxMarkedCircleOutline, place: 30 } },
  },
];
