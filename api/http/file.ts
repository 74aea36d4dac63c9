import type { Response } from 'express';

/** What is answered instead of JSON: a file to show or to keep. */
export type FileOf = { type: string; name: string; content: string | Buffer; isToKeep?: boolean };

/** An answer that is a file. Its name is of ASCII letters: it is ours, nobody's text. */
export const fileAnswer = ({ type, name, content, isToKeep = false }: FileOf) => ({
  body: null,
  stream: async (response: Response) => {
    response.status(200).set({
      'Content-Type': type,
      'Content-Disposition': `${isToKeep ? 'attachment' : 'inline'}; filename="${name}"`,
      'Cache-Control': 'no-store',
    });
    response.end(content);
  },
});

/** An answer that is a page to print, as SVG. */
export const pageAnswer = (name: string, content: string) =>
  fileAnswer({ type: 'image/svg+xml; charset=utf-8', name: `${name}.svg`, content });
