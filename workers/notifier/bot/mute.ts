import type { Turn } from './turn.ts';
export async function mute(_turn: Turn, _of: string): Promise<string> {
  return '';
}
