import type { Context } from './route.ts';

/** One request, whichever way it came: by HTTP or over the socket. */
export type Asking = Pick<Context, 'caller' | 'visit' | 'requestId' | 'isWaiting'> & {
  method: string;
  /** As it was asked, with its ids. */
  path: string;
  params: unknown;
  query: unknown;
  /** Throws where what came is no JSON. */
  body: () => unknown;
  /** The file that was sent; undefined where no file can come this way. */
  file?: () => Promise<Uint8Array>;
  header: (name: string) => string | undefined;
};
