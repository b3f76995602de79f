// Owns a canvas that is as sharp as its screen: it measures itself, and draws again when its size, its look or its content changes.
// It never draws while nothing changes.

import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Palette, palette } from './palette.ts';

export interface Sheet {
  readonly pen: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colours: Palette;
}

export interface CanvasProps {
  /** In CSS pixels; may depend on the width. */
  readonly height: number | ((width: number) => number);
  readonly label: string;
  readonly draw: (sheet: Sheet) => void;
  readonly children?: ComponentChildren;
  readonly cursor?: string;
  readonly onPointerMove?: (spot: Spot) => void;
  readonly onPointerLeave?: () => void;
  readonly onPress?: (spot: Spot) => void;
}

/** Where the pointer is, on a sheet of this width. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

const firstWidth = 300;

export function Canvas(props: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const height = typeof props.height === 'number' ? props.height : props.height(width);
  useLayoutEffect(() => {
    if (canvas.current !== null) paint(canvas.current, { width, height }, props.draw);
  });
  const at = (take: ((spot: Spot) => void) | undefined) => (event: TargetedMouseEvent<HTMLElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    take?.({ x: event.clientX - left, y: event.clientY - top, width });
  };
  return (
    <div class="canvas" ref={box}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={props.label}
        style={{ height: `${height}px`, cursor: props.cursor ?? 'default' }}
        onPointerMove={at(props.onPointerMove)}
        onPointerLeave={props.onPointerLeave}
        onClick={at(props.onPress)}
      />
      {props.children}
    </div>
  );
}

function useWidth(box: { readonly current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(firstWidth);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setWidth(element.clientWidth || firstWidth);
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    measure();
    return () => watch.disconnect();
  }, [box]);
  return width;
}

function paint(
  canvas: HTMLCanvasElement,
  { width, height }: { readonly width: number; readonly height: number },
  draw: (sheet: Sheet) => void,
): void {
  const scale = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  draw({ pen, width, height, colours: palette() });
}
