import type { RouteRecordRaw } from 'vue-router';

export const signInRoutes: RouteRecordRaw[] = [
  {
    path: '/sign-in',
    name: 'sign-in',
    component: () => import('./SignInPage.vue'),
    meta: { title: 'sign_in.title', isOpen: true },
  },
  { path: '/forgot', name: 'forgot', component: () => import('./ForgotPage.vue'), meta: { title: 'forgot.title', isOpen: true } },
  { path: '/join', name: 'join', component: () => import('./JoinPage.vue'), meta: { title: 'join.title', isOpen: true } },
  { path: '/enter', name: 'enter', component: () => import('./EnterPage.vue'), meta: { title: 'enter.title', isOpen: true } },
];
