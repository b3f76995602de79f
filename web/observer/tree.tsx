// Owns the supervision tree on the page: one canvas, whatever number of actors, with what the pointer stands on.
// What can be pressed here can be reached by keyboard in the list of the busiest.

import { useMemo, useRef, useState } from 'preact/hooks';
import type { ObservedActor } from '../../rpc/observer-contract.ts';
import { Canvas, type Spot } from './canvas.tsx';
import { count, rate, words } from './format.ts';
import type { Past } from './history.ts';
import { layoutTree, type Place, seed, type TreeLayout } from './tree-layout.ts';
import { paintTree } from './tree-paint.ts';

/** What an actor is picked by, with what to show until it is asked for. */
export interface Picked {
  readonly pid: string;
  readonly label: string;
}

interface TreeProps {
  readonly past: Past;
  readonly selected: string | null;
  readonly onPick: (actor: Picked) => void;
}

interface Under {
  readonly at: Place;
  /** Of the whole canvas. */
  readonly width: number;
  readonly pid: string | null;
  readonly label: string;
  readonly lines: readonly string[];
}

const reach = 9;
const tipGap = 14;
const tipHeight = 90;
/** As a share of the width: further to the right a tip stands to the left of its actor. */
const leftTipsMax = 0.6;

export function Tree({ past: { observation }, selected, onPick }: TreeProps) {
  const [under, setUnder] = useState<Under | null>(null);
  const drawn = useRef<TreeLayout | null>(null);
  const layoutFor = useMemo(() => remembered((width) => layoutTree(observation, width)), [observation]);
  const threadName = (thread: number) => observation.threads.find(({ index }) => index === thread)?.name ?? '';
  const find = (spot: Spot) => setUnder(drawn.current === null ? null : whoIsAt(drawn.current, spot, threadName));
  return (
    <section class="panel tree" aria-label="Supervision tree">
      <header>
        <h2>Supervision</h2>
        <span class="hint">each dot is an actor</span>
        <span class="keys">
          <span class="key calm">
            <span>calm</span>
          </span>
          <span class="key well">
            <span>at work</span>
          </span>
          <span class="key warm">
            <span>messages wait</span>
          </span>
          <span class="key hot">
            <span>overloaded or crashed</span>
          </span>
        </span>
      </header>
      <Canvas
        height={(width) => layoutFor(width).height}
        label="The supervision tree: one of a kind to the left of the root, families of actors to the right"
        cursor={under?.pid ? 'pointer' : 'default'}
        draw={(sheet) => {
          drawn.current = layoutFor(sheet.width);
          const { crashes, at: now } = observation;
          paintTree(sheet, { layout: drawn.current, threadName, crashes, now, selected });
        }}
        onPointerMove={find}
        onPointerLeave={() => setUnder(null)}
        onPress={() => under?.pid && onPick({ pid: under.pid, label: under.label })}
      >
        {under !== null && <Tip under={under} />}
      </Canvas>
    </section>
  );
}

/** Away from the edges that it would be cut off by. */
function Tip({ under: { at, width, label, lines } }: { readonly under: Under }) {
  const across = at.x > width * leftTipsMax ? { right: `${width - at.x + tipGap}px` } : { left: `${at.x + tipGap}px` };
  const above = at.y > tipHeight ? 'translateY(-100%)' : 'none';
  return (
    <div class="tip" style={{ ...across, top: `${at.y + (at.y > tipHeight ? -10 : 10)}px`, transform: above }}>
      <b>{label}</b>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  );
}

/** The nearest thing within reach. A disc answers for all of its calm members. */
function whoIsAt(layout: TreeLayout, spot: Spot, threadName: (thread: number) => string): Under | null {
  const { width } = spot;
  const node = layout.nodes.find((one) => distance(one, spot) < reach + 3);
  if (node !== undefined) {
    const { pid, label, thread, restarts, mailbox, messagesPerSecond, behaviour } = node.branch;
    const lines = [
      thread === null ? 'a family, on every scheduler' : `${behaviour} on ${threadName(thread)}`,
      `${words(rate(messagesPerSecond))}, ${words(count(mailbox))} waiting, ${restarts} restarts`,
    ];
    return { at: node, width, pid, label, lines };
  }
  const disc = layout.discs.find((one) => distance(one, spot) < one.radius + 4);
  if (disc === undefined) return null;
  const seeds = disc.known.map((actor, number) => ({ actor, at: seed(disc, number) }));
  const near = seeds
    .filter(({ at }) => distance(at, spot) < reach)
    .sort((a, b) => distance(a.at, spot) - distance(b.at, spot))[0];
  if (near !== undefined) return { ...ofActor(near.actor), at: near.at, width };
  const lines = [`${words(count(disc.count))} on ${threadName(disc.thread)}`];
  if (disc.troubled > 0) lines.push(`${disc.troubled} keys failed lately`);
  return { at: spot, width, pid: null, label: disc.family, lines };
}

function ofActor({
  pid,
  label,
  status,
  mailbox,
  messages,
  messagesPerSecond,
}: ObservedActor): Omit<Under, 'at' | 'width'> {
  const figures = `${words(rate(messagesPerSecond))}, ${words(count(mailbox))} waiting`;
  return { pid, label, lines: [figures, `${words(count(messages))} handled, ${status}`, 'press to trace'] };
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The layout for the width that was asked for last: asked for its height, then to be drawn. */
function remembered(make: (width: number) => TreeLayout): (width: number) => TreeLayout {
  let last: { readonly width: number; readonly layout: TreeLayout } | null = null;
  return (width) => {
    if (last?.width !== width) last = { width, layout: make(width) };
    return last.layout;
  };
}
