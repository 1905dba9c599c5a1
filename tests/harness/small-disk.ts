import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './deadline.ts';

// SmallDisk is a filesystem of a few MiB, to be filled, in a mount namespace of its own: only
// processes that are run by `enter` see it, and it goes when the last of them does.
//
// Where the machine lets nobody mount anything `mount` says why there is none.
export class SmallDisk {
  // As those inside see it.
  readonly folder: string;
  readonly #holder: ChildProcess;

  static async mount(mebibytes: number): Promise<SmallDisk | string> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-disk-'));
    chmodSync(folder, 0o755);
    const script = [
      `mount -t tmpfs -o size=${mebibytes}m,mode=777 tmpfs "$0"`,
      'touch "$0/mounted"',
      'exec cat', // until whoever holds the other end is gone
    ].join(' && ');
    const holder = spawn('unshare', [...NAMESPACE, 'sh', '-c', script, folder], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let complained = '';
    holder.stderr?.on('data', (part) => {
      complained += part;
    });
    holder.on('error', (failure) => {
      complained += failure.message;
    });
    const disk = new SmallDisk(folder, holder);
    await eventually('the small disk is mounted', () => {
      return disk.#over || existsSync(disk.inside('mounted'));
    });
    if (!disk.#over) return disk;
    rmSync(folder, { recursive: true, force: true });
    return `nothing can be mounted here: ${complained.trim()}`;
  }

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  // The command line that runs another where the disk is.
  enter(argv: string[]): string[] {
    return ['nsenter', '-t', String(this.#holder.pid), ...ENTRANCE, ...argv];
  }

  // A path of the disk as seen from out here.
  inside(path: string): string {
    return `/proc/${this.#holder.pid}/root${this.folder}/${path}`;
  }

  // Leaves no room, but for what others free meanwhile.
  fill(): void {
    const file = openSync(this.inside('ballast'), 'a');
    try {
      for (const piece of [Buffer.alloc(1 << 20), Buffer.alloc(4096)]) {
        while (this.#write(file, piece));
      }
    } finally {
      closeSync(file);
    }
  }

  // Gives back what `fill` took.
  empty(): void {
    rmSync(this.inside('ballast'), { force: true });
  }

  // Bytes anybody may still write.
  get room(): number {
    const { bavail, bsize } = statfsSync(this.inside('.'));
    return bavail * bsize;
  }

  async dispose(): Promise<void> {
    if (!this.#over) {
      const gone = once(this.#holder, 'exit');
      this.#holder.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #over(): boolean {
    return this.#holder.pid === undefined || this.#holder.exitCode !== null;
  }

  #write(file: number, piece: Buffer): boolean {
    try {
      return writeSync(file, piece) === piece.length;
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw failure;
    }
  }
}

// Anybody else than root needs a namespace of users as well, in which they stay who they are:
// engines do not run as root, nor as who looks like it.
const IS_ROOT = process.getuid?.() === 0;
const NAMESPACE = IS_ROOT ? ['-m'] : ['-U', '--map-current-user', '-m', '--keep-caps'];
const ENTRANCE = IS_ROOT ? ['-m'] : ['-U', '-m', '--preserve-credentials'];
