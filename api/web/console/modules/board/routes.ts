import { mdiViewWeekOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

export const boardRoutes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'board',
    component: () => import('./BoardPage.vue'),
    meta: { title: 'board.title', roles: ['owner', 'admin', 'trainer'], menu: { icon: mdiViewWeekOutline, place: 10 } },
  },
];
