// Owns where everything of the supervision tree stands: one actor at a time to the left of the root, families to the right.
// It draws nothing, and gives the same places for the same tree, so that nothing jumps.
//
//        store o----.                  .---- session   (disc of scheduler 1)  (disc of scheduler 2)
//        cache o-----\                /
//                     >---- root ----<------ room      (disc)                 (disc)
//       outbox o-----/                \
//      history o----'                  '---- operator  (disc)                 (disc)

import type { Branch, ObservedActor, ObservedThread } from '../../rpc/observer-contract.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Node extends Place {
  readonly branch: Branch;
  readonly side: 'left' | 'root' | 'right';
}

/** The members of one family on one thread, as a sunflower has its seeds: the busiest in the middle. */
export interface Disc extends Place {
  readonly family: string;
  readonly thread: number;
  readonly count: number;
  readonly troubled: number;
  readonly radius: number;
  /** Those that are known one by one, the busiest first. */
  readonly known: readonly ObservedActor[];
}

export interface TreeLayout {
  readonly height: number;
  readonly nodes: readonly Node[];
  readonly links: readonly { readonly from: Place; readonly to: Place; readonly branch: Branch }[];
  readonly discs: readonly Disc[];
  /** Between neighbouring seeds: the same everywhere, so that areas compare. */
  readonly spacing: number;
}

export interface TreeData {
  readonly tree: readonly Branch[];
  readonly actors: readonly ObservedActor[];
  readonly threads: readonly ObservedThread[];
}

const rowHeight = 44;
const heightMin = 380;
const margin = 22;
const nestedWidth = 150;
const familyLabelWidth = 128;
const discCaptionHeight = 34;
const radiusMax = 138;
const radiusMin = 10;
const spacingMax = 9;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));
const narrowWidth = 620;

export function layoutTree(data: TreeData, width: number): TreeLayout {
  const isNarrow = width < narrowWidth;
  const root = data.tree.find(({ parent, kind }) => parent === null && kind !== 'family');
  const rows = root === undefined ? [] : below(data.tree, root.id, 0);
  const families = data.tree.filter(({ kind }) => kind === 'family');
  const rootX = isNarrow ? margin + 150 : Math.min(300, width * 0.33);
  const discsX = rootX + 62 + familyLabelWidth;
  const room = Math.max(80, width - discsX - margin / 2);
  const spacing = spacingFor(families, room);
  const bands = families.map((branch) => ({ branch, high: bandHeight(branch, spacing) }));
  const right = bands.reduce((all, { high }) => all + high, 0);
  const height = Math.max(heightMin, rows.length * rowHeight, right) + 2 * margin;
  const hub: Place = { x: rootX, y: height / 2 };
  const left = rows.map(({ branch, depth }, at) => ({
    branch,
    x: rootX - 92 - depth * nestedWidth * (isNarrow ? 0.3 : 0.4),
    y: height / 2 + (at - (rows.length - 1) / 2) * rowHeight,
    side: 'left' as const,
  }));
  const placed = placeFamilies({ bands, data, spacing, room }, { x: discsX, y: (height - right) / 2 });
  const nodes: Node[] = [
    ...(root === undefined ? [] : [{ branch: root, ...hub, side: 'root' as const }]),
    ...left,
    ...placed.nodes,
  ];
  const places = new Map(nodes.map((node) => [node.branch.id, node]));
  const links = nodes
    .filter(({ side }) => side !== 'root')
    .map((node) => ({ from: places.get(node.branch.parent ?? '') ?? hub, to: node, branch: node.branch }));
  return { height, nodes, links, discs: placed.discs, spacing };
}

/** Where the seed of this number stands, counted from the middle. */
export function seed(disc: Disc, number: number, spacing: number): Place {
  const distance = spacing * 0.56 * Math.sqrt(number + 0.5);
  const angle = number * goldenAngle;
  return { x: disc.x + distance * Math.cos(angle), y: disc.y + distance * Math.sin(angle) };
}

function below(tree: readonly Branch[], parent: string, depth: number): { branch: Branch; depth: number }[] {
  return tree
    .filter((branch) => branch.parent === parent)
    .flatMap((branch) => [{ branch, depth }, ...below(tree, branch.id, depth + 1)]);
}

function spacingFor(families: readonly Branch[], room: number): number {
  const fits = families.map(({ members }) => {
    const radius = Math.min(radiusMax, room / Math.max(1, members.length) / 2 - 8);
    return Math.max(1, radius) / (0.56 * Math.sqrt(Math.max(1, ...members.map(({ count }) => count))));
  });
  return Math.min(spacingMax, ...fits);
}

function radiusOf(count: number, spacing: number): number {
  return Math.max(radiusMin, spacing * 0.56 * Math.sqrt(count) + 3);
}

function bandHeight({ members }: Branch, spacing: number): number {
  const largest = Math.max(0, ...members.map(({ count }) => count));
  return 2 * radiusOf(largest, spacing) + discCaptionHeight + 8;
}

interface Families {
  readonly bands: readonly { readonly branch: Branch; readonly high: number }[];
  readonly data: TreeData;
  readonly spacing: number;
  readonly room: number;
}

function placeFamilies({ bands, data, spacing, room }: Families, corner: Place) {
  const nodes: Node[] = [];
  const discs: Disc[] = [];
  let y = corner.y;
  for (const { branch, high } of bands) {
    const middle = y + (high - discCaptionHeight) / 2;
    nodes.push({ branch, x: corner.x - familyLabelWidth, y: middle, side: 'right' });
    const slot = room / Math.max(1, branch.members.length);
    branch.members.forEach(({ thread, count, troubled }, at) => {
      const known = data.actors.filter((actor) => actor.family === branch.label && actor.thread === thread);
      const place = { x: corner.x + slot * (at + 0.5), y: middle };
      discs.push({
        ...place,
        family: branch.label,
        thread,
        count,
        troubled,
        radius: radiusOf(count, spacing),
        known: known.slice(0, count),
      });
    });
    y += high;
  }
  return { nodes, discs };
}
