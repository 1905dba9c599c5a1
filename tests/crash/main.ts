// npm run crash -- --cycles N [--seed S]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKS } from './checker.ts';
import { Random } from './random.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const cycles = Number(values.cycles);
const seed = Number(values.seed);
if (!Number.isSafeInteger(cycles) || cycles < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run crash -- [--cycles N] [--seed S]');
  process.exit(2);
}

console.log(`crash: seed ${seed}`);
const begun = performance.now();
const { history, recovering } = await run(cycles, new Random(seed), (line) => console.log(line));

const results = CHECKS.map((check) => ({ ...check, found: check.violations(history) }));
for (const { name, promise, found } of results) {
  console.log(`${found.length === 0 ? 'passed' : 'FAILED'}  ${name}: ${promise}`);
  for (const line of found.slice(0, 10)) console.log(`        ${line}`);
  if (found.length > 10) console.log(`        and ${found.length - 10} more`);
}

const count = (kind: string) => history.filter((h) => h.kind === kind).length;
const failed = results.filter((r) => r.found.length > 0).length;
if (failed > 0) {
  const folder = join(import.meta.dirname, 'runs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${seed}.jsonl`);
  writeFileSync(file, history.map((h) => `${JSON.stringify(h)}\n`).join(''));
  console.log(`The history is kept in ${file}`);
}
const seconds = Math.round((performance.now() - begun) / 1_000);
console.log(
  `crash: ${count('crashed')} cycles, ${count('acked')} acked messages, ${count('marked')} marks, ` +
    `${count('heard')} deliveries, ${recovering} kills during recovery, ${seconds} s`,
);
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
