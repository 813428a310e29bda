/** Where the others are in a text: a caret with their name, and what they have selected. */

import type { Board } from "@weft/client";
import type Quill from "quill";
import { useEffect, useState } from "preact/hooks";

import { type Run, unitsAt } from "../widgets/delta.ts";
import { useVisitors } from "./crowd.ts";
import type { Visitor } from "./here.ts";

interface Props {
  readonly board: Board;
  readonly id: string;
  readonly quill: Quill;
}

export function TextCarets({ board, id, quill }: Props) {
  const visitors = useVisitors(board, ({ widgetId, caret }) => widgetId === id && caret !== null);
  const [, draw] = useState(0);
  useEffect(() => {
    if (visitors.length === 0) return;
    let frame = 0;
    const again = (): void => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw((count) => count + 1);
      });
    };
    const observer = new ResizeObserver(again);
    observer.observe(quill.root);
    quill.on("text-change", again);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      quill.off("text-change", again);
    };
  }, [quill, visitors.length === 0]);
  if (visitors.length === 0) return null;
  const runs = quill.getContents().ops as Run[];
  return (
    <div class="carets" aria-hidden="true">
      {visitors.map((visitor) => (
        <Caret key={visitor.connectionId} visitor={visitor} quill={quill} runs={runs} />
      ))}
    </div>
  );
}

interface CaretProps {
  readonly visitor: Visitor;
  readonly quill: Quill;
  readonly runs: readonly Run[];
}

function Caret({ visitor, quill, runs }: CaretProps) {
  const { position, anchor } = visitor.caret!;
  const at = unitsAt(runs, position);
  const from = anchor === null ? at : unitsAt(runs, anchor);
  const bounds = quill.getBounds(at);
  if (bounds === null) return null;
  return (
    <>
      {from !== at && <Selected quill={quill} from={from} to={at} color={visitor.color} />}
      <span
        class="caret"
        style={{
          backgroundColor: visitor.color,
          height: `${bounds.height}px`,
          transform: `translate(${bounds.left}px, ${bounds.top}px)`,
        }}
      >
        <span key={position} class="name-flag" style={{ backgroundColor: visitor.color }}>
          {visitor.name}
        </span>
      </span>
    </>
  );
}

interface SelectedProps {
  readonly quill: Quill;
  readonly from: number;
  readonly to: number;
  readonly color: string;
}

/** Line by line, as the text is laid out. */
function Selected({ quill, from, to, color }: SelectedProps) {
  const [start, end] = from < to ? [from, to] : [to, from];
  const [first, offset] = quill.getLeaf(start);
  const [last, lastOffset] = quill.getLeaf(end);
  if (!first || !last) return null;
  const range = document.createRange();
  try {
    range.setStart(first.domNode, Math.min(offset, first.domNode.textContent?.length ?? 0));
    range.setEnd(last.domNode, Math.min(lastOffset, last.domNode.textContent?.length ?? 0));
  } catch {
    return null; // laid out anew at this moment
  }
  const box = quill.container.getBoundingClientRect();
  return (
    <>
      {[...range.getClientRects()].map((rect, at) => (
        <span
          key={at}
          class="selected-text"
          style={{
            backgroundColor: color,
            width: `${rect.width}px`,
            height: `${rect.height}px`,
            transform: `translate(${rect.left - box.left}px, ${rect.top - box.top}px)`,
          }}
        />
      ))}
    </>
  );
}
