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
  /** Between neighbouring seeds. */
  readonly spacing: number;
  readonly behaviour: string;
  /** Those that are known one by one, the busiest first. */
  readonly known: readonly ObservedActor[];
}

export interface TreeLayout {
  readonly height: number;
  readonly nodes: readonly Node[];
  readonly links: readonly { readonly from: Place; readonly to: Place; readonly branch: Branch }[];
  readonly discs: readonly Disc[];
}

export interface TreeData {
  readonly tree: readonly Branch[];
  readonly actors: readonly ObservedActor[];
  readonly threads: readonly ObservedThread[];
}

const rootFromLeftMin = 300;
const rootFromLeftMax = 330;
const rowHeight = 44;
const heightMin = 556;
const margin = 22;
const nestedWidth = 60;
const familyLabelWidth = 160;
const discCaptionHeight = 36;
const bandGap = 16;
const radiusMax = 140;
const radiusMin = 12;
/** Few threads: their discs stay near the family's name. */
const slotMax = 2 * radiusMax + 32;
const spacingMax = 10;
/** A radius grows slower than the root of the count: three sites stay visible beside ten thousand sessions. */
const radiusOfOne = 10.5;
const radiusGrowth = 0.29;
const seedDistance = 0.56;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

export function layoutTree(data: TreeData, width: number): TreeLayout {
  const root = data.tree.find(({ parent, kind }) => parent === null && kind !== 'family');
  const rows = root === undefined ? [] : below(data.tree, root.id, 0);
  const families = data.tree.filter(({ kind }) => kind === 'family');
  const rootX = Math.min(rootFromLeftMax, Math.max(rootFromLeftMin, width * 0.33));
  const discsX = rootX + 62 + familyLabelWidth;
  const room = Math.max(80, width - discsX - margin / 2);
  const bands = families.map((branch) => ({ branch, high: bandHeight(branch, room) }));
  const right = bands.reduce((all, { high }) => all + high, 0);
  const height = Math.max(heightMin, rows.length * rowHeight, right) + 2 * margin;
  const hub: Place = { x: rootX, y: height / 2 };
  const left = rows.map(({ branch, depth }, at) => ({
    branch,
    x: rootX - 92 - depth * nestedWidth,
    y: height / 2 + (at - (rows.length - 1) / 2) * rowHeight,
    side: 'left' as const,
  }));
  const placed = placeFamilies({ bands, data, room }, { x: discsX, y: (height - right) / 2 });
  const nodes: Node[] = [
    ...(root === undefined ? [] : [{ branch: root, ...hub, side: 'root' as const }]),
    ...left,
    ...placed.nodes,
  ];
  const places = new Map(nodes.map((node) => [node.branch.id, node]));
  const links = nodes
    .filter(({ side }) => side !== 'root')
    .map((node) => ({ from: places.get(node.branch.parent ?? '') ?? hub, to: node, branch: node.branch }));
  return { height, nodes, links, discs: placed.discs };
}

/** Where the seed of this number stands, counted from the middle. */
export function seed(disc: Disc, number: number): Place {
  const distance = disc.spacing * seedDistance * Math.sqrt(number + 0.5);
  const angle = number * goldenAngle;
  return { x: disc.x + distance * Math.cos(angle), y: disc.y + distance * Math.sin(angle) };
}

function below(tree: readonly Branch[], parent: string, depth: number): { branch: Branch; depth: number }[] {
  return tree
    .filter((branch) => branch.parent === parent)
    .flatMap((branch) => [{ branch, depth }, ...below(tree, branch.id, depth + 1)]);
}

function radiusOf(count: number, slot: number): number {
  const wanted = Math.max(radiusMin, radiusOfOne * count ** radiusGrowth);
  return Math.min(radiusMax, Math.max(4, slot / 2 - 12), wanted);
}

function bandHeight({ members }: Branch, room: number): number {
  const largest = Math.max(0, ...members.map(({ count }) => count));
  return 2 * radiusOf(largest, room / Math.max(1, members.length)) + discCaptionHeight + bandGap;
}

interface Families {
  readonly bands: readonly { readonly branch: Branch; readonly high: number }[];
  readonly data: TreeData;
  readonly room: number;
}

function placeFamilies({ bands, data, room }: Families, corner: Place) {
  const nodes: Node[] = [];
  const discs: Disc[] = [];
  let y = corner.y;
  for (const { branch, high } of bands) {
    const middle = y + (high - discCaptionHeight - bandGap) / 2;
    nodes.push({ branch, x: corner.x - familyLabelWidth, y: middle, side: 'right' });
    const slot = Math.min(slotMax, room / Math.max(1, branch.members.length));
    branch.members.forEach(({ thread, count, troubled }, at) => {
      const known = data.actors.filter((actor) => actor.family === branch.label && actor.thread === thread);
      const place = { x: corner.x + slot * (at + 0.5), y: middle };
      discs.push({
        ...place,
        family: branch.label,
        thread,
        count,
        troubled,
        behaviour: branch.behaviour,
        radius: radiusOf(count, slot),
        spacing: Math.min(spacingMax, radiusOf(count, slot) / seedDistance / Math.sqrt(Math.max(1, count))),
        known: known.slice(0, count),
      });
    });
    y += high;
  }
  return { nodes, discs };
}
