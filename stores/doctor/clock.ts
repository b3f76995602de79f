// Owns the judgement of a server's clock beside ours.
// It measures nothing.

import type { BackendFinding, Say } from './finding.ts';

const warnMs = 1_000;
const failMs = 60_000;

export function clockFinding(say: Say, skewMs: number): BackendFinding {
  const apart = Math.abs(skewMs);
  const written = apart < warnMs ? `${apart} ms` : `${(apart / 1_000).toFixed(1)} s`;
  const message = `its clock is ${written} ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  const advice = 'let both machines take their time from the same NTP servers';
  if (apart > failMs) return say.fail('clock', message, { value: skewMs, advice });
  if (apart > warnMs) return say.warn('clock', message, { value: skewMs, advice });
  return say.pass('clock', message, { value: skewMs });
}
