/** Two people inside one speech bubble. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className={className}>
      <path
        className="fill-accent"
        d="M13 3h6a10 10 0 0 1 0 20h-6.5L6 29.2c-.8.7-2 .2-2-.9V12a9 9 0 0 1 9-9Z"
      />
      <circle cx="12" cy="13" r="2.4" className="fill-on-accent" />
      <circle cx="20" cy="13" r="2.4" className="fill-seen" />
    </svg>
  );
}
