import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Deadline } from './deadline.ts';
import { eventually } from './deadline.ts';
import {
  type Engines,
  type EngineUrls,
  type ReadEngine,
  SHARED,
  type SharedEngine,
} from './engines.ts';
import { FaultProxy } from './fault-proxy.ts';
import { type NodeOptions, ParleyNode } from './node.ts';
import { freePort } from './ports.ts';

export interface ClusterOptions {
  nodes?: number; // three unless told
  args?: string[]; // further options of every node
  nodeArgs?: (index: number) => string[]; // of one of them
  clock?: (index: number) => number; // seconds its clock is ahead of ours
  shared?: SharedEngine[]; // the engines nodes are told of: all of them unless told
  front?: boolean; // nginx before them, unless told not to
  store?: Engines; // whose PostgreSQL is used, when not that of the others
  reads?: ReadEngine; // what nodes are told to read from
}

// What stands between one node and the engines.
export type Links = Record<SharedEngine, FaultProxy>;

const OPTION: Record<SharedEngine, string> = {
  postgres: '--storage',
  redis: '--redis',
  rabbitmq: '--rabbitmq',
};

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

// Cluster is several nodes that share engines, with nginx in front of them.
//
// Every node reaches each engine through a proxy of its own, so a test can take an engine from one
// node or from all of them. Users speak to `url`, which is nginx, or to one node by name.
export class Cluster {
  readonly nodes: ParleyNode[] = [];
  readonly links: Links[] = [];
  readonly readLinks: FaultProxy[] = []; // before what they read from, when that is another
  url = '';

  private constructor(
    readonly engines: Engines,
    readonly urls: EngineUrls,
  ) {}

  // Starts the nodes on engines that hold nothing of anybody else's, and waits until all are ready.
  static async start(engines: Engines, options: ClusterOptions = {}): Promise<Cluster> {
    const urls = await engines.fresh();
    if (options.store !== undefined) urls.postgres = await options.store.freshDatabase();
    if (options.reads !== undefined) await (options.store ?? engines).up([options.reads]);
    const cluster = new Cluster(engines, urls);
    try {
      await cluster.#build(options);
      // One after the other: the first makes the tables.
      for (const node of cluster.nodes) await node.start(60_000);
      await cluster.ready();
      if (options.front ?? true) await cluster.#front();
    } catch (failure) {
      await cluster.dispose().catch(() => undefined);
      throw failure;
    }
    return cluster;
  }

  node(index: number): ParleyNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`There is no node ${index}`);
    return node;
  }

  // What stands between a node and the engines.
  link(index: number): Links {
    const links = this.links[index];
    if (links === undefined) throw new Error(`There is no node ${index}`);
    return links;
  }

  // The proxies all nodes reach that engine through.
  all(engine: SharedEngine): FaultProxy[] {
    return this.links.map((links) => links[engine]);
  }

  async cut(engine: SharedEngine): Promise<void> {
    await Promise.all(this.all(engine).map((proxy) => proxy.cut()));
  }

  async drop(engine: SharedEngine): Promise<void> {
    await Promise.all(this.all(engine).map((proxy) => proxy.drop()));
  }

  async heal(): Promise<void> {
    const proxies = [...SHARED.flatMap((e) => this.all(e)), ...this.readLinks];
    await Promise.all(proxies.map((proxy) => proxy.heal()));
  }

  // Waits until every node that runs says it can do its work.
  async ready(deadline: Deadline = 90_000): Promise<void> {
    for (const node of this.nodes.filter((n) => n.running)) await isReady(node, deadline);
  }

  // Pulls the plug of one node.
  kill(index: number): Promise<void> {
    return this.node(index).kill();
  }

  // Starts one that was killed or stopped, at the same address.
  async restart(index: number): Promise<void> {
    const node = this.node(index);
    await node.stop();
    await node.start(60_000);
    await isReady(node);
    if (this.url !== '') await this.#askedAgain(node);
  }

  // Every node in turn, as an operator would bring a new release in: the next one goes when the
  // one before has its share of the work again.
  async rollingRestart(): Promise<void> {
    for (const index of this.nodes.keys()) await this.restart(index);
  }

  // Stops everything that was started; fails when a node did not stop cleanly.
  async dispose(): Promise<void> {
    const failures: unknown[] = [];
    await this.heal().catch((failure) => failures.push(failure));
    for (const node of this.nodes) {
      await node.dispose().catch((failure) => failures.push(failure));
    }
    for (const links of this.links) {
      for (const proxy of Object.values(links)) await proxy.dispose();
    }
    for (const proxy of this.readLinks) await proxy.dispose();
    if (this.url !== '') await this.engines.down('nginx');
    if (failures.length > 0) throw failures[0];
  }

  async #build(options: ClusterOptions): Promise<void> {
    const secrets = [
      `--cluster-secret=${randomBytes(24).toString('hex')}`,
      `--token-secret=${randomBytes(24).toString('hex')}`,
    ];
    for (let index = 0; index < (options.nodes ?? 3); index++) {
      const links = {} as Links;
      const store = options.store ?? this.engines;
      for (const engine of SHARED) {
        const engines = engine === 'postgres' ? store : this.engines;
        links[engine] = await FaultProxy.to(engines.port(engine));
      }
      this.links.push(links);
      const reads: string[] = [];
      if (options.reads !== undefined) {
        const proxy = await FaultProxy.to(store.port(options.reads));
        this.readLinks.push(proxy);
        const url = store.readUrl(options.reads, this.urls.postgres);
        reads.push(`--storage-reads=${proxy.through(url)}`);
      }
      const shared = (options.shared ?? SHARED).map(
        (engine) => `${OPTION[engine]}=${links[engine].through(this.urls[engine])}`,
      );
      const node: NodeOptions = {
        port: await freePort(),
        args: [
          `--node-id=${index + 1}`,
          '--trusted-proxies=127.0.0.1',
          ...secrets,
          ...shared,
          ...reads,
          ...(options.args ?? []),
          ...(options.nodeArgs?.(index) ?? []),
        ],
      };
      const ahead = options.clock?.(index) ?? 0;
      if (ahead !== 0) node.env = clockEnv(ahead);
      this.nodes.push(new ParleyNode(node));
    }
  }

  // nginx leaves a node that failed alone for a moment (fail_timeout).
  async #askedAgain(node: ParleyNode): Promise<void> {
    await eventually(`nginx asks ${node.url} again`, async () => {
      const before = await answered(node);
      await (await fetch(`${this.url}/health`)).text();
      // One of them was our own question how many there were.
      return (await answered(node)) > before + 1;
    });
  }

  async #front(): Promise<void> {
    const addresses = this.nodes.map((node) => new URL(node.url).host);
    await this.engines.down('nginx');
    await this.engines.up(['nginx'], { PARLEY_NGINX_NODES: addresses.join(' ') });
    this.url = this.engines.url('nginx');
    await eventually('nginx reaches a node', async () => {
      const { status } = await fetch(`${this.url}/health`);
      return status === 200;
    });
  }
}

// Waits until a node says that it can do its work.
export async function isReady(node: ParleyNode, deadline: Deadline = 90_000): Promise<void> {
  await eventually(
    `${node.url}/ready`,
    async () => {
      const { status, text } = await node.get('/ready');
      if (status !== 200) throw new Error(text);
      return true;
    },
    deadline,
  );
}

// How many HTTP requests a node has answered, this one not counted.
export async function answered(node: ParleyNode): Promise<number> {
  const { text } = await node.get('/metrics');
  const lines = text.matchAll(/^parley_http_responses_total\{[^}]*\} (\d+)/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

// Makes a process believe it is later than it is. Only the calendar is wrong: how long something
// takes is measured as ever.
export function clockEnv(ahead: number): Record<string, string> {
  if (!existsSync(FAKETIME)) throw new Error('The package faketime is not installed');
  return {
    LD_PRELOAD: FAKETIME,
    FAKETIME: `${ahead < 0 ? '' : '+'}${ahead}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_NO_CACHE: '1',
  };
}
