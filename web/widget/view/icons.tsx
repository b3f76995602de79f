// Owns the few signs the panel shows, as shapes in the text's own colour.
// They never carry meaning alone: each stands in a button or beside a text that names it.

interface Sign {
  readonly d: string;
  readonly fill?: boolean;
}

export const signs = {
  close: { d: 'M6 9l6 6 6-6' },
  send: {
    d: 'M4.2 11.1 19 4.4c.6-.3 1.2.3.9.9l-5.6 14.8c-.3.7-1.2.7-1.5 0l-2.3-5.9-6.2-1.8c-.8-.2-.9-1-.1-1.3z',
    fill: true,
  },
  more: { d: 'M5 12h.01M12 12h.01M19 12h.01' },
  check: { d: 'M5 12.5l4.5 4.5L19 7.5' },
  star: { d: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z', fill: true },
  clock: { d: 'M12 8v4.5l3 1.8M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z' },
  alert: { d: 'M12 8v5M12 16.3h.01M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z' },
  mail: { d: 'M4 6.5h16v11H4zM4 7l8 6 8-6' },
  sound: { d: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11' },
  mute: { d: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5' },
  end: { d: 'M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4M14 8l4 4-4 4M18 12H9.5' },
  down: { d: 'M12 5v13M6.5 12.5L12 18l5.5-5.5' },
} satisfies { readonly [name: string]: Sign };

export function Icon({ sign }: { readonly sign: keyof typeof signs }) {
  const { d, fill } = signs[sign] as Sign;
  return (
    <svg class={`icon icon-${sign}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} {...(fill ? { fill: 'currentColor' } : { fill: 'none', stroke: 'currentColor' })} />
    </svg>
  );
}
