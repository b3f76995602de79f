// Owns how the supervision tree looks: what is calm stays in the background, what is busy glows, what crashed is red.
// It decides no place; tree-layout.ts does.

import type { Branch, CrashReport, ObservedActor } from '../../rpc/observer-contract.ts';
import type { Sheet } from './canvas.tsx';
import { count, rate, words } from './format.ts';
import { freshCrashes, freshCrashMs, type Heat, heatOf } from './heat.ts';
import { type Palette, threadColour } from './palette.ts';
import { type Disc, type Node, type Place, seed, type TreeLayout } from './tree-layout.ts';

export interface TreeScene {
  readonly layout: TreeLayout;
  readonly threadName: (thread: number) => string;
  readonly crashes: readonly CrashReport[];
  readonly now: number;
  readonly selected: string | null;
}

const nodeRadius = 6;
const brightFrom = 0.45;
/** Among ten thousand a calm one is a speck; one in trouble is seen from afar. */
const seedRadiusMin: { readonly [heat in Heat]: number } = { calm: 0, well: 1.4, warm: 2.6, hot: 3.6 };
const calmAlpha = 0.42;
const font = 'ui-sans-serif, system-ui, "Segoe UI", sans-serif';

export function paintTree(sheet: Sheet, scene: TreeScene): void {
  for (const link of scene.layout.links) paintLink(sheet, link);
  for (const disc of scene.layout.discs) paintDisc(sheet, scene, disc);
  for (const node of scene.layout.nodes) paintNode(sheet, scene, node);
}

function paintLink({ pen, colours }: Sheet, { from, to, branch }: TreeLayout['links'][number]): void {
  const middle = (from.x + to.x) / 2;
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.bezierCurveTo(middle, from.y, middle, to.y, to.x, to.y);
  pen.strokeStyle = branch.status === 'running' ? colours.faint : colours.hot;
  pen.setLineDash(branch.status === 'running' ? [] : [4, 4]);
  pen.lineWidth = 1.3;
  pen.stroke();
  pen.setLineDash([]);
}

function paintDisc(sheet: Sheet, scene: TreeScene, disc: Disc): void {
  const { pen, colours } = sheet;
  const colour = colours.threads[threadColour(disc.thread)] ?? colours.calm;
  const size = Math.max(0.6, Math.min(3.6, disc.spacing * 0.38));
  const most = Math.max(1, ...scene.layout.discs.flatMap(({ known }) => known.map((one) => one.messagesPerSecond)));
  circle(pen, disc, disc.radius + 3);
  pen.fillStyle = colour;
  pen.globalAlpha = 0.06;
  pen.fill();
  pen.globalAlpha = calmAlpha;
  paintCalm(pen, disc, size);
  pen.globalAlpha = 1;
  // From the rim to the middle: the busiest is drawn last and lies on top.
  for (let number = disc.known.length - 1; number >= 0; number -= 1) {
    const actor = disc.known[number];
    if (actor !== undefined) paintSeed(sheet, { actor, at: seed(disc, number), size, colour, most });
  }
  const crashed = freshCrashes(scene).filter(
    ({ behaviour, thread }) => thread === disc.thread && behaviour === disc.behaviour,
  );
  if (crashed.length > 0)
    paintCrashed(sheet, disc, 1 - (scene.now - Math.max(...crashed.map(({ at }) => at))) / freshCrashMs);
  caption(sheet, scene, disc, crashed.length);
}

/** Thousands in one path: as squares where nobody could tell the difference. */
function paintCalm(pen: CanvasRenderingContext2D, disc: Disc, size: number): void {
  pen.beginPath();
  for (let number = disc.known.length; number < disc.count; number += 1) {
    const { x, y } = seed(disc, number);
    if (size < 1.3) pen.rect(x - size, y - size, size * 2, size * 2);
    else {
      pen.moveTo(x + size, y);
      pen.arc(x, y, size, 0, 2 * Math.PI);
    }
  }
  pen.fill();
}

interface Seed {
  readonly actor: ObservedActor;
  readonly at: Place;
  readonly size: number;
  readonly colour: string;
  /** The messages a second of whoever is busiest on the node. */
  readonly most: number;
}

function paintSeed({ pen, colours }: Sheet, { actor, at, size, colour, most }: Seed): void {
  const heat = heatOf(actor);
  const grown = size * (1 + Math.min(1.2, Math.log10(1 + actor.messagesPerSecond) * 0.35));
  const radius = Math.max(seedRadiusMin[heat], grown);
  if (heat === 'warm' || heat === 'hot') glow(pen, at, { radius: radius * 3.6 + 2, colour: colours[heat] });
  circle(pen, at, radius);
  pen.globalAlpha = heat === 'calm' ? calmAlpha : 1;
  pen.fillStyle = heat === 'warm' || heat === 'hot' ? colours[heat] : colour;
  pen.fill();
  // The busier, the brighter: on a logarithmic scale, from the thread's own colour to light.
  const busy = heat === 'well' ? Math.log1p(actor.messagesPerSecond) / Math.log1p(most) : 0;
  if (busy > brightFrom) {
    const light = (busy - brightFrom) / (1 - brightFrom);
    glow(pen, at, { radius: radius * 3.4, colour: colours.glow, strength: light * 0.5 });
    circle(pen, at, radius);
    pen.globalAlpha = light;
    pen.fillStyle = colours.glow;
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function glow(
  pen: CanvasRenderingContext2D,
  at: Place,
  { radius, colour, strength = 0.38 }: { readonly radius: number; readonly colour: string; readonly strength?: number },
): void {
  const light = pen.createRadialGradient(at.x, at.y, 0, at.x, at.y, radius);
  light.addColorStop(0, colour);
  // Not `transparent`, which is black without weight, and darkens what lies under the rim.
  light.addColorStop(1, `${colour}00`);
  pen.globalAlpha = strength;
  pen.fillStyle = light;
  circle(pen, at, radius);
  pen.fill();
  pen.globalAlpha = 1;
}

/** A ring that fades while the crash becomes history. */
function paintCrashed({ pen, colours }: Sheet, disc: Disc, fresh: number): void {
  circle(pen, disc, disc.radius + 7);
  pen.globalAlpha = Math.max(0.15, fresh);
  pen.strokeStyle = colours.hot;
  pen.lineWidth = 2;
  pen.stroke();
  pen.globalAlpha = 1;
}

function caption({ pen, colours }: Sheet, { threadName }: TreeScene, disc: Disc, crashed: number): void {
  const y = disc.y + disc.radius + 22;
  pen.textAlign = 'center';
  pen.font = `600 12px ${font}`;
  pen.fillStyle = colours.ink;
  pen.fillText(words(count(disc.count)), disc.x, y);
  pen.font = `11px ${font}`;
  pen.fillStyle = crashed > 0 ? colours.hot : colours.soft;
  pen.fillText(crashed > 0 ? `${crashed} crashed` : threadName(disc.thread), disc.x, y + 14);
  pen.textAlign = 'left';
}

function paintNode(sheet: Sheet, scene: TreeScene, node: Node): void {
  const { pen, colours } = sheet;
  const { branch } = node;
  const crashed = branch.kind !== 'family' && freshCrashes(scene).some(({ label }) => label === branch.label);
  const heat = branch.status !== 'running' || crashed ? 'hot' : heatOf(branch);
  const radius = branch.kind === 'supervisor' ? nodeRadius + 3 : nodeRadius;
  if (heat === 'warm' || heat === 'hot') glow(pen, node, { radius: radius * 3.2, colour: colours[heat] });
  if (branch.kind === 'worker') circle(pen, node, radius);
  else diamond(pen, node, radius);
  pen.fillStyle = fillOf(branch, heat, colours);
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = heat === 'hot' ? colours.hot : ringOf(branch, colours);
  pen.stroke();
  if (scene.selected !== null && branch.pid === scene.selected) {
    circle(pen, node, radius + 5);
    pen.stroke();
  }
  label(sheet, scene, node, { heat, crashed });
}

function fillOf(branch: Branch, heat: Heat, colours: Palette): string {
  if (branch.status !== 'running') return colours.panel;
  if (heat === 'warm' || heat === 'hot') return colours[heat];
  return heat === 'well' ? ringOf(branch, colours) : colours.panel;
}

function ringOf({ thread }: Branch, colours: Palette): string {
  return thread === null ? colours.soft : (colours.threads[threadColour(thread)] ?? colours.soft);
}

function label(
  { pen, colours }: Sheet,
  scene: TreeScene,
  node: Node,
  state: { readonly heat: Heat; readonly crashed: boolean },
): void {
  const { branch, side } = node;
  const x = side === 'left' ? node.x - 14 : node.x + (side === 'root' ? 0 : 14);
  const y = side === 'root' ? node.y + 28 : node.y;
  pen.textAlign = side === 'left' ? 'right' : side === 'root' ? 'center' : 'left';
  pen.font = `600 13px ${font}`;
  pen.fillStyle = colours.ink;
  write(pen, colours.panel, { words: branch.label, x, y: y - 1 });
  pen.font = `11px ${font}`;
  pen.fillStyle = state.heat === 'hot' ? colours.hot : state.heat === 'warm' ? colours.warm : colours.soft;
  write(pen, colours.panel, { words: said(scene, branch, state.crashed), x, y: y + 13 });
  pen.textAlign = 'left';
}

/** On a ground of its own, so that a link behind it does not cross it out. */
function write(
  pen: CanvasRenderingContext2D,
  ground: string,
  { words: line, x, y }: Place & { readonly words: string },
): void {
  pen.strokeStyle = ground;
  pen.lineWidth = 4;
  pen.lineJoin = 'round';
  pen.strokeText(line, x, y);
  pen.fillText(line, x, y);
}

function said({ threadName }: TreeScene, branch: Branch, crashed: boolean): string {
  if (branch.status !== 'running') return branch.status;
  if (branch.kind === 'family') {
    const all = branch.members.reduce((sum, { count }) => sum + count, 0);
    return `${words(count(all))} alive · ${words(rate(branch.messagesPerSecond))}`;
  }
  const parts = [crashed ? `crashed, restarted ${branch.restarts}×` : ''];
  if (branch.mailbox > 0) parts.push(`${words(count(branch.mailbox))} waiting`);
  if (branch.hidden > 0) parts.push(`${branch.hidden} more`);
  if (branch.kind === 'supervisor') parts.push(branch.behaviour);
  else parts.push(branch.messagesPerSecond > 0 ? words(rate(branch.messagesPerSecond)) : '');
  if (branch.thread !== null && !crashed) parts.push(threadName(branch.thread));
  return parts.filter((part) => part !== '').join(' · ');
}

function circle(pen: CanvasRenderingContext2D, { x, y }: Place, radius: number): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function diamond(pen: CanvasRenderingContext2D, { x, y }: Place, radius: number): void {
  pen.beginPath();
  pen.moveTo(x, y - radius);
  pen.lineTo(x + radius, y);
  pen.lineTo(x, y + radius);
  pen.lineTo(x - radius, y);
  pen.closePath();
}
