import type { RouteRecordNormalized, Router } from 'vue-router';
import type { TextKey } from '../../kit/i18n.ts';
import { type Role, session } from '../../kit/session.ts';

declare module 'vue-router' {
  interface RouteMeta {
    title: TextKey;
    /** Whose page it is; without it, everybody's who signed in. */
    roles?: readonly Role[];
    /** For whoever has not signed in. */
    isOpen?: boolean;
    /** An entry of the menu: its icon and its place, from the top. The board's place, 10, is kept for it. */
    menu?: { icon: string; place: number };
  }
}

export const mayOpen = (roles: readonly Role[] | undefined) => roles === undefined || session.hasRole(...roles);

const placeOf = ({ meta }: RouteRecordNormalized) => meta.menu?.place ?? 0;

/** The entries of the menu of whoever signed in, from the top. */
export const menuOf = (router: Pick<Router, 'getRoutes'>): RouteRecordNormalized[] =>
  router
    .getRoutes()
    .filter(({ meta }) => meta.menu && mayOpen(meta.roles))
    .sort((a, b) => placeOf(a) - placeOf(b));
