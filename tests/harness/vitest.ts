import { afterAll, beforeAll } from 'vitest';
import { type NodeOptions, ParleyNode } from './node.ts';

// One server for all tests of a file (or of a describe block). That it stops
// cleanly at the end is part of every file's promise.
export function useNode(options: NodeOptions = {}): ParleyNode {
  const node = new ParleyNode(options);
  beforeAll(async () => {
    await node.start();
  });
  afterAll(async () => {
    await node.dispose();
  });
  return node;
}
