import { Users } from 'lucide-react';
import { cx } from './cx';

const SIZES = {
  small: 'size-9 text-small',
  medium: 'size-12 text-base',
  large: 'size-20 text-2xl',
} as const;

// White letters stay readable on each of these.
const HUES = [
  'bg-[#8a4b57]',
  'bg-[#7a5a2e]',
  'bg-[#4d6b3c]',
  'bg-[#2f6f68]',
  'bg-[#3d6387]',
  'bg-[#57559a]',
  'bg-[#7d4a87]',
  'bg-[#8b4a72]',
];

interface AvatarProps {
  /** Decides the colour, so that it never changes. */
  id: string;
  name: string;
  group?: boolean;
  size?: keyof typeof SIZES;
  /** Shown by shape as well as by colour; who cannot see it is told beside the avatar. */
  presence?: 'offline' | 'online' | 'away' | 'busy' | undefined;
}

/** A face for somebody without a picture: their initials on a colour of their own. */
export function Avatar({ id, name, group = false, size = 'medium', presence }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={cx(
        'relative inline-flex shrink-0 select-none items-center justify-center font-semibold text-white',
        group ? 'rounded-[30%]' : 'rounded-full',
        HUES[hash(id) % HUES.length],
        SIZES[size],
      )}
    >
      {initials(name) || <Users className="size-1/2" />}
      {presence && presence !== 'offline' && <Mark presence={presence} />}
    </span>
  );
}

// A full dot: online. A ring: nobody is there. A bar across it: not to be disturbed.
function Mark({ presence }: { presence: 'online' | 'away' | 'busy' }) {
  return (
    <span
      data-presence={presence}
      className={cx(
        'absolute -right-0.5 -bottom-0.5 flex size-4 items-center justify-center rounded-full border-2 border-surface',
        presence === 'online' && 'bg-good',
        presence === 'away' && 'bg-surface',
        presence === 'busy' && 'bg-danger',
      )}
    >
      {presence === 'away' && <span className="size-3 rounded-full border-2 border-unread" />}
      {presence === 'busy' && <span className="h-0.5 w-1.5 rounded-full bg-surface" />}
    </span>
  );
}

function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words;
  return picked.map((word) => Array.from(word ?? '')[0]?.toLocaleUpperCase() ?? '').join('');
}

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) >>> 0;
  return value;
}
