import { mdiKarate } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';

const roles = ['owner', 'admin', 'trainer'] as const;

export const beltRoutes: RouteRecordRaw[] = [
  {
    path: '/belts',
    name: 'belts',
    component: () => import('./BeltsPage.vue'),
    meta: { title: 'belts.title', roles, menu: { icon: mdiKarate, place: 62 } },
  },
  {
    path: '/belts/exams',
    name: 'exam-day',
    component: () => import('./ExamDayPage.vue'),
    meta: { title: 'belts.exams', roles },
  },
  {
    path: '/people/:id(\\d+)/belts',
    name: 'belt-path',
    component: () => import('./PathPage.vue'),
    meta: { title: 'belts.path', roles },
  },
];
