// Owns how the settings are shown to a person: as text for --help, and as the table that README holds.
// It never knows a value that is set.

import { settings } from '../settings.ts';

const rows = Object.values(settings);

export function settingsText(): string {
  const lines = rows.map(
    (row) =>
      `  ${row.name}\n      ${row.help}\n      Default: ${row.fallback === '' ? 'none' : row.fallback}. Allowed: ${row.range}.`,
  );
  return `Settings, from the environment or a file .env in the working directory:\n${lines.join('\n')}\n`;
}

export function settingsTable(): string {
  const lines = rows.map(
    (row) => `| \`${row.name}\` | ${row.fallback === '' ? '' : `\`${row.fallback}\``} | ${row.range} | ${row.help} |`,
  );
  return ['| setting | default | allowed | what it is |', '| --- | --- | --- | --- |', ...lines].join('\n');
}
