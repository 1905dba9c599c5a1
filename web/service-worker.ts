import { build, type Plugin } from 'vite';

const ENTRY = 'src/worker/sw.ts';

/**
 * Adds the service worker as `/sw.js`: one file that imports nothing, since not every browser
 * takes modules there, and without a hash, since browsers look for a newer one at the same address.
 * It is missing under `npm run dev`: nothing is pushed to that.
 */
export function serviceWorker(): Plugin {
  return {
    name: 'parley:service-worker',
    apply: 'build',
    async generateBundle() {
      const built = await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        build: {
          write: false,
          target: 'es2023',
          rollupOptions: { input: ENTRY, output: { format: 'iife' } },
        },
      });
      if (!('output' in built)) throw new Error(`${ENTRY} was not built once`);
      const [worker, ...more] = built.output;
      if (more.length > 0) throw new Error(`${ENTRY} became more than one file`);
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: worker.code });
    },
  };
}
