// Owns the colours that follow from a site's theme colour, so that any colour stays readable (WCAG 2.2: 4.5 to 1).
// It never reads the page; colours come in and go out as `#rrggbb`.

export const contrastMin = 4.5;
export const colorDefault = '#0b6e5f';
const inkSteps = 50;

type Rgb = readonly [number, number, number];

/** `#rgb` and `#rrggbb`; anything else is the default colour. */
export function themeColor(text: string | undefined): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text ?? '');
  if (short)
    return `#${short
      .slice(1)
      .map((digit) => digit + digit)
      .join('')}`.toLowerCase();
  return text !== undefined && /^#[0-9a-f]{6}$/i.test(text) ? text.toLowerCase() : colorDefault;
}

export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(rgb(one)), luminance(rgb(other))].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** White where white can be read on the colour, else near black: one of both always can. */
export function textOn(background: string): string {
  if (contrast(background, '#ffffff') >= contrastMin) return '#ffffff';
  return contrast(background, '#111111') >= contrastMin ? '#111111' : '#000000';
}

/** The colour itself where it can be read on the background, else the nearest shade of it that can. */
export function inkOn(color: string, background: string): string {
  const goal: Rgb = luminance(rgb(background)) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step <= inkSteps; step++) {
    const shade = hex(mix(rgb(color), goal, step / inkSteps));
    if (contrast(shade, background) >= contrastMin) return shade;
  }
  return hex(goal);
}

function rgb(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function hex(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2) => from[index] + (to[index] - from[index]) * share;
  return [part(0), part(1), part(2)];
}

function luminance(color: Rgb): number {
  const linear = color.map((part) => {
    const value = part / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
}
