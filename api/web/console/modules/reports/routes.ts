import { mdiChartBoxOutline } from '@mdi/js';
import type { RouteRecordRaw } from 'vue-router';
import { KINDS } from './reports.ts';

const roles = ['owner', 'admin'] as const;

export const reportRoutes: RouteRecordRaw[] = [
  {
    path: '/reports',
    name: 'reports',
    component: () => import('./ReportsPage.vue'),
    meta: { title: 'reports.title', roles, menu: { icon: mdiChartBoxOutline, place: 46 } },
  },
  {
    path: '/reports/load-ahead',
    name: 'load-ahead',
    component: () => import('./LoadAheadPage.vue'),
    meta: { title: 'load_ahead.title', roles },
  },
  {
    path: `/reports/:kind(${KINDS.join('|')})`,
    name: 'report',
    component: () => import('./ReportPage.vue'),
    meta: { title: 'reports.title', roles },
  },
];
