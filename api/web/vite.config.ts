import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';
import vuetify from 'vite-plugin-vuetify';
import { firstKeys } from './first-texts.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
/** HTML entries: each is a folder with an `index.html`, served under its name. The server puts the site's
 * pages into its entry, which has no name of its own. */
const ENTRIES = ['console', 'app', 'site'];
/** Where `npm run dev` finds the fleet. */
const fleet = process.env.FLEET_URL ?? `http://127.0.0.1:${process.env.PORT ?? 3000}`;

export default defineConfig({
  root,
  base: '/',
  clearScreen: false,
  // No component is written in the options' way; without it Vue is 2 kB smaller.
  define: { __VUE_OPTIONS_API__: false },
  plugins: [textsInTwo(), vue(), vuetify({ autoImport: true }), siteInOnePage(), compressed(), pagesInDevelopment()],
  build: {
    target: 'es2022',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(root, entry, 'index.html')])),
      output: {
        chunkFileNames: ({ facadeModuleId }) => `assets/${facadeModuleId?.endsWith('?first') ? 'first-' : ''}[name]-[hash].js`,
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { [`^/(?!(${ENTRIES.join('|')}|kit|texts|@|node_modules|\\.\\.)(/|$)|@).*`]: { target: fleet, ws: true } },
  },
});

/**
 * A language of the console in two parts: `ru.json?first` is what the board and signing in say, `ru.json?rest` all else, with what the
 * Mini App says as well (`would.`: what a process would do), which stands among its texts alone.
 */
function textsInTwo(): Plugin {
  return {
    name: 'texts-in-two',
    enforce: 'pre',
    load(id) {
      const [file, part] = id.split('?') as [string, string | undefined];
      if (!file.startsWith(join(root, 'texts')) || (part !== 'first' && part !== 'rest')) return null;
      this.addWatchFile(file);
      const ofApp = join(root, 'app/texts', basename(file));
      this.addWatchFile(ofApp);
      const shared = Object.entries(textsIn(ofApp)).filter(([key]) => key.startsWith('would.'));
      const texts = { ...textsIn(file), ...Object.fromEntries(shared) };
      const first = firstKeys(root, Object.keys(texts));
      const said = Object.entries(texts).filter(([key]) => first.has(key) === (part === 'first'));
      return { code: `export default ${JSON.stringify(Object.fromEntries(said))}`, moduleType: 'js' };
    },
  };
}

const textsIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

/**
 * Puts the styles and the script of the site into its page: as requests of their own a first visit would wait for one more round trip
 * before anything is painted, and again before all of it is. Its policy names both by their hashes (api/site/page.ts).
 */
function siteInOnePage(): Plugin {
  return {
    name: 'site-in-one-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(page, { bundle = {}, path }) {
        if (!path.startsWith('/site/')) return page;
        return page
          .replaceAll(/<link rel="stylesheet"[^>]*href="\/([^"]+)"[^>]*>/g, (link, file: string) => {
            const sheet = bundle[file];
            return sheet?.type === 'asset' ? `<style>${String(sheet.source).trim()}</style>` : link;
          })
          .replaceAll(/<script type="module"[^>]*src="\/([^"]+)"[^>]*><\/script>/g, (script, file: string) => {
            const chunk = bundle[file];
            const isWhole = chunk?.type === 'chunk' && chunk.imports.length === 0 && !chunk.code.includes('</script');
            return isWhole ? `<script type="module">${chunk.code.trim()}</script>` : script;
          });
      },
    },
  };
}

/** Writes each text file's `.br` and `.gz` beside it, so that nothing is compressed while somebody waits. */
function compressed(): Plugin {
  const [brotli, zip] = [promisify(brotliCompress), promisify(gzip)];
  let out = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved(config) {
      out = config.build.outDir;
    },
    async closeBundle(error?: Error) {
      // What went wrong is said by the build itself.
      if (error) return;
      const files = (await readdir(join(out, 'assets'))).filter((file) => /\.(js|css|svg)$/.test(file));
      await Promise.all(
        files.map(async (file) => {
          const path = join(out, 'assets', file);
          const bytes = await readFile(path);
          await writeFile(`${path}.br`, await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
          await writeFile(`${path}.gz`, await zip(bytes, { level: 9 }));
        }),
      );
    },
  };
}

/** Pages of `npm run dev`: any path under an entry is its page, with the settings of the fleet that runs. */
function pagesInDevelopment(): Plugin {
  return {
    name: 'pages-in-development',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const path = (request.url ?? '').split('?', 1)[0] ?? '';
        const entry = ENTRIES.find((name) => path === `/${name}` || path.startsWith(`/${name}/`));
        if (!entry || /\.\w+$/.test(path)) return next();
        const served = await fetch(`${fleet}/${entry}`)
          .then((answer) => answer.text())
          .catch(() => '');
        const [studio] = /\{[^<]*\}(?=<\/script>)/.exec(served) ?? [
          '{"zone":"UTC","locale":"en","currency":"EUR","telegram":false,"nonce":"","hasSession":true}',
        ];
        const page = readFileSync(join(root, entry, 'index.html'), 'utf8')
          .replace('{"studio":true}', studio)
          .replace('./main.ts', `/${entry}/main.ts`);
        response.setHeader('Content-Type', 'text/html');
        response.end(await server.transformIndexHtml(path, page));
      });
    },
  };
}
