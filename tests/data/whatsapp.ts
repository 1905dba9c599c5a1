import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// A line a person wrote, perhaps over several lines of the file.
export interface Exported {
  author: string;
  content: string;
}

export interface Export {
  name: string; // of the file, which is the name of its date format
  messages: Exported[];
  system: number; // lines the phone added by itself
}

const BRACKETS = /^\[\d\d\/\d\d\/\d\d \d\d:\d\d\] /;
const DASH = /^\d{2,4}\/\d\d\/\d{2,4}, \d\d:\d\d(?: [ap]\. m\.)? - /;

// Splits an export into its messages. A line without a date belongs to the
// message before; a dated line without "author: " is the phone speaking.
export function parseExport(name: string, text: string): Export {
  const messages: Exported[] = [];
  let system = 0;
  let current: Exported | undefined;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const start = BRACKETS.exec(line) ?? DASH.exec(line);
    if (start === null) {
      if (current === undefined) throw new Error(`${name}: a line that belongs nowhere: ${line}`);
      current.content += `\n${line}`;
      continue;
    }
    const said = /^([^:]+): (.*)$/s.exec(line.slice(start[0].length));
    current = said === null ? undefined : { author: said[1] ?? '', content: said[2] ?? '' };
    if (current === undefined) system += 1;
    else messages.push(current);
  }
  return { name, messages, system };
}

// The exports of this folder.
export function exports(): Export[] {
  const folder = join(import.meta.dirname, 'whatsapp');
  return readdirSync(folder)
    .toSorted()
    .map((name) => parseExport(name, readFileSync(join(folder, name), 'utf8')));
}
