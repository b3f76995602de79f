// Owns the supervision tree as it is shown: supervisors with their children, and families with where their members live.
// It is bounded: of a supervisor with very many children it lists those in trouble and the first.

import type { Branch } from '../../rpc/mod.ts';
import type { ActorInspection, Inspection, Pid, SupervisorInspection } from '../../runtime/mod.ts';
import { labelOf, pidShown } from './shortened.ts';

type ChildInspection = SupervisorInspection['children'][number];

const branchesMax = 300;
const childrenShownMax = 40;

/** `perSecond` turns what an actor handled lately into a rate. */
export function branchesOf(inspection: Inspection, perSecond: (handled: number) => number): readonly Branch[] {
  const details = inspection.threads.flatMap(({ detail }) => (detail === null ? [] : [detail]));
  const actors = new Map(details.flatMap((detail) => detail.actors.map((actor) => [pidShown(actor.pid), actor])));
  const supervisors = new Map(details.flatMap((detail) => detail.supervisors.map((one) => [pidShown(one.pid), one])));
  const children = new Set([...supervisors.values()].flatMap((one) => one.children.flatMap(pidOf)));
  const tree: Branch[] = [];
  const add = (pid: Pid, place: Place): void => {
    const supervisor = supervisors.get(pidShown(pid));
    const { listed, hidden } = listedOf(supervisor);
    tree.push(branch(actors.get(pidShown(pid)), { ...place, pid, supervisor, hidden, perSecond }));
    for (const child of listed) addChild(child, place.id);
  };
  const addChild = (child: ChildInspection, parent: string): void => {
    if (tree.length >= branchesMax) return;
    const place = { id: `${parent}/${child.id}`, parent, child };
    if (child.pid === null) tree.push(absent(place));
    else add(child.pid, place);
  };
  for (const { pid } of supervisors.values()) {
    if (!children.has(pidShown(pid))) add(pid, { id: pidShown(pid), parent: null, child: null });
  }
  return [...tree, ...familyBranches(inspection, perSecond)];
}

interface Place {
  readonly id: string;
  readonly parent: string | null;
  /** Null for a root. */
  readonly child: ChildInspection | null;
}

interface Running extends Place {
  readonly pid: Pid;
  readonly supervisor: SupervisorInspection | undefined;
  readonly hidden: number;
  readonly perSecond: (handled: number) => number;
}

function branch(actor: ActorInspection | undefined, of: Running): Branch {
  const { id, parent, child, pid, supervisor, hidden, perSecond } = of;
  return {
    id,
    parent,
    kind: supervisor === undefined ? 'worker' : 'supervisor',
    label: child?.id ?? 'root',
    behaviour: supervisor?.strategy ?? child?.behaviour ?? actor?.behaviour ?? '',
    status: child?.status ?? 'running',
    thread: pid.thread,
    pid: pidShown(pid),
    restarts: child?.restarts ?? actor?.restarts ?? 0,
    mailbox: actor?.mailbox ?? 0,
    messagesPerSecond: perSecond(actor?.handledLately ?? 0),
    members: [],
    hidden,
  };
}

function absent({ id, parent, child }: Place & { readonly child: ChildInspection }): Branch {
  const { id: label, behaviour, status, restarts } = child;
  const nobody = { thread: null, pid: null, mailbox: 0, messagesPerSecond: 0, members: [], hidden: 0 };
  return { id, parent, kind: 'worker', label, behaviour, status, restarts, ...nobody };
}

/** In start order, those in trouble always among them. */
function listedOf(supervisor: SupervisorInspection | undefined) {
  if (supervisor === undefined) return { listed: [], hidden: 0 };
  const { children, childrenCount } = supervisor;
  const troubled = children.filter(({ status }) => status !== 'running').slice(0, childrenShownMax);
  const shown = new Set([...troubled, ...children.slice(0, childrenShownMax - troubled.length)]);
  return { listed: children.filter((child) => shown.has(child)), hidden: childrenCount - shown.size };
}

function familyBranches(inspection: Inspection, perSecond: (handled: number) => number): readonly Branch[] {
  const found = new Map<string, Branch>();
  for (const { index, detail } of inspection.threads) {
    for (const { family, behaviour, members, troubled } of detail?.families ?? []) {
      const before = found.get(family);
      const lately = detail?.actors.filter((actor) => actor.family === family) ?? [];
      const handled = lately.reduce((sum, actor) => sum + actor.handledLately, 0);
      found.set(family, {
        id: `family ${family}`,
        parent: null,
        kind: 'family',
        label: family,
        behaviour,
        status: 'running',
        thread: null,
        pid: null,
        restarts: 0,
        mailbox: Math.max(before?.mailbox ?? 0, ...lately.map(({ mailbox }) => mailbox)),
        messagesPerSecond: (before?.messagesPerSecond ?? 0) + perSecond(handled),
        members: [...(before?.members ?? []), { thread: index, count: members, troubled }],
        hidden: 0,
      });
    }
  }
  return [...found.values()];
}

function pidOf({ pid }: ChildInspection): readonly string[] {
  return pid === null ? [] : [pidShown(pid)];
}

/** For the list of the busiest: a name, or a child's place in the tree, or a kind. */
export function nameOf(actor: ActorInspection): string {
  return labelOf(actor, actor.family);
}
