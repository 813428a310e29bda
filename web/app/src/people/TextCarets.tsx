/** Where the others are in a text: a caret with their name, and what they have selected. */

import type { Board } from "@weft/client";
import type Quill from "quill";
import { useEffect, useState } from "preact/hooks";

import { sameItems, screenOf } from "../parts/looks.ts";
import { type Run, unitsAt } from "../widgets/delta.ts";
import { crowdOf } from "./crowd.ts";
import type { Visitor } from "./here.ts";

interface Props {
  readonly board: Board;
  readonly id: string;
  readonly quill: Quill;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Mark {
  readonly visitor: Visitor;
  readonly caret: Box;
  readonly selected: readonly Box[]; // line by line, as the text is laid out
}

export function TextCarets({ board, id, quill }: Props) {
  const marks = useMarks(board, id, quill);
  if (marks.length === 0) return null;
  return (
    <div class="carets" aria-hidden="true">
      {marks.map(({ visitor, caret, selected }) => (
        <Caret key={visitor.connectionId} visitor={visitor} caret={caret} selected={selected} />
      ))}
    </div>
  );
}

function Caret({ visitor, caret, selected }: Mark) {
  const { left, top, height } = caret;
  const backgroundColor = visitor.color;
  const isStill = useStillness(visitor.caret?.position);
  const look = ["name-flag", top < FLAG_PX && "below", isStill && "gone"];
  return (
    <>
      {selected.map((box, at) => (
        <span key={at} class="selected-text" style={{ backgroundColor, ...styleOf(box) }} />
      ))}
      <span class="caret" style={{ backgroundColor, ...styleOf({ left, top, height }) }}>
        <span class={look.filter(Boolean).join(" ")} style={{ backgroundColor }}>
          {visitor.name}
        </span>
      </span>
    </>
  );
}

const FLAG_PX = 16; // a name above the first line would be cut off
const NAMED_MS = 2_500;

/** Whether what was true has been so for a while. */
function useStillness(position: number | undefined): boolean {
  const [isStill, setIsStill] = useState(false);
  useEffect(() => {
    setIsStill(false);
    const timer = setTimeout(() => setIsStill(true), NAMED_MS);
    return () => clearTimeout(timer);
  }, [position]);
  return isStill;
}

function styleOf({ left, top, width, height }: Omit<Box, "width"> & { readonly width?: number }) {
  return {
    ...(width !== undefined && { width: `${width}px` }),
    height: `${height}px`,
    transform: `translate(${left}px, ${top}px)`,
  };
}

/** Measured once per frame in which the text or somebody in it has changed, after all have drawn. */
function useMarks(board: Board, id: string, quill: Quill): readonly Mark[] {
  const [marks, setMarks] = useState<readonly Mark[]>([]);
  useEffect(() => {
    const screen = screenOf(board);
    const crowd = crowdOf(board);
    let known: readonly Visitor[] = [];
    let isLaidOutAnew = false;
    const measure = (): void => {
      const here = crowd.visitors.filter(({ widgetId, caret }) => widgetId === id && caret);
      if (sameItems(known, here) && !(isLaidOutAnew && here.length > 0)) return;
      known = here;
      isLaidOutAnew = false;
      setMarks(marksOf(quill, here));
    };
    const change = (): void => {
      isLaidOutAnew = true;
      if (known.length > 0) screen.ask();
    };
    const observer = new ResizeObserver(change);
    observer.observe(quill.root);
    quill.on("text-change", change);
    const ends = [crowd.watch(() => {}), screen.measure(measure)]; // the crowd looks before
    measure();
    return () => {
      for (const end of ends) end();
      observer.disconnect();
      quill.off("text-change", change);
    };
  }, [board, id, quill]);
  return marks;
}

function marksOf(quill: Quill, visitors: readonly Visitor[]): readonly Mark[] {
  if (visitors.length === 0) return [];
  const runs = quill.getContents().ops as Run[];
  return visitors.flatMap((visitor) => {
    const { position, anchor } = visitor.caret!;
    const at = unitsAt(runs, position);
    const from = anchor === null ? at : unitsAt(runs, anchor);
    const caret = quill.getBounds(at);
    return caret === null ? [] : [{ visitor, caret, selected: selectedOf(quill, from, at) }];
  });
}

function selectedOf(quill: Quill, from: number, to: number): readonly Box[] {
  if (from === to) return [];
  const [start, end] = from < to ? [from, to] : [to, from];
  const [first, offset] = quill.getLeaf(start);
  const [last, lastOffset] = quill.getLeaf(end);
  if (!first || !last) return [];
  const range = document.createRange();
  try {
    range.setStart(first.domNode, Math.min(offset, first.domNode.textContent?.length ?? 0));
    range.setEnd(last.domNode, Math.min(lastOffset, last.domNode.textContent?.length ?? 0));
  } catch {
    return []; // laid out anew at this moment
  }
  const box = quill.container.getBoundingClientRect();
  return [...range.getClientRects()].map(({ left, top, width, height }) => {
    return { left: left - box.left, top: top - box.top, width, height };
  });
}
