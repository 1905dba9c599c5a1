import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from './cx';

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  onSelect: () => void;
}

/** A button and the list of acts it opens. */
export function Menu({
  trigger,
  items,
  align = 'end',
}: {
  trigger: ReactNode;
  items: MenuItem[];
  align?: 'start' | 'end';
}) {
  return (
    // Not modal: a modal menu would put a style element into the page.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-60 min-w-44 animate-rise rounded-xl border border-line bg-surface p-1.5 shadow-high"
        >
          {items.map(({ label, icon, danger, onSelect }) => (
            <Radix.Item
              key={label}
              onSelect={onSelect}
              className={cx(
                'flex h-10 items-center gap-3 rounded-lg px-3 outline-none data-highlighted:bg-sunken',
                danger ? 'text-danger' : 'text-ink',
              )}
            >
              {icon}
              {label}
            </Radix.Item>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
