import { askAny } from '../../kit/client.ts';

export type Specialist = {
  id: number;
  first_name: string;
  last_name: string;
  phone: string | null;
  email: string | null;
  position: string | null;
  is_active: boolean;
};
/** All trainers that one may see; a trainer sees the own record. */
export const listSpecialists = async (signal: AbortSignal) =>
  ((await askAny('GET /api/specialists', { query: { limit: '200' }, signal })) as { items: Specialist[] }).items;

export const fullName = ({ first_name, last_name }: Pick<Specialist, 'first_name' | 'last_name'>) =>
  `${first_name} ${last_name}`.trim();
