import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Router } from 'express';
import { onlyBy } from '../http/only-by.ts';

const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Studio Fleet API</title>
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="docs"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });`;

/**
 * The documentation page and the document it shows; everything comes from this server.
 * @param describe makes the document; asked when somebody first wants it, and once more each day, since its examples hold days
 */
export function docs(describe: () => Promise<object>): Router {
  const router = express.Router();
  let made: { day: string; document: Promise<object> } | undefined;
  router.get('/openapi.json', async (_request, response) => {
    const day = new Date().toISOString().slice(0, 10);
    if (made?.day !== day) made = { day, document: describe() };
    response.json(await made.document);
  });
  router.get('/docs', (_request, response) => void response.type('html').send(PAGE));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(START));
  for (const file of FILES) router.get(`/docs/${file}`, (_request, response) => response.sendFile(file, { root: assets }));
  router.all(['/openapi.json', '/docs', '/docs/*rest'], onlyBy('GET'));
  return router;
}
