import type { TestProject } from 'vitest/node';
import { Engines } from '../harness/engines.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    engines: string; // the directory of the engines all files share
  }
}

// Starts the engines for all files. PARLEY_CLUSTER_ENGINES names a directory whose engines are left
// running, for whoever runs one file again and again.
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engines = new Engines(process.env.PARLEY_CLUSTER_ENGINES);
  try {
    await engines.up();
  } catch (failure) {
    await engines.dispose();
    throw failure;
  }
  project.provide('engines', engines.folder);
  return () => engines.dispose();
}
