/** A text that several people write at once, in Quill, loaded when the first one is near. */

import type Quill from "quill";
import { useEffect, useRef, useState } from "preact/hooks";

import type { ContentProps } from "./Content.tsx";
import { objectIn, own, textIn } from "./content.ts";
import { tell } from "../people/here.ts";
import { TextCarets } from "../people/TextCarets.tsx";
import { pointsAt, type Run } from "./delta.ts";
import { QuillBinding } from "./quill_binding.ts";
import { TextTools } from "./TextTools.tsx";

const PATH = ["config", "text"];
const ALIGNMENTS = ["left", "center", "right", "justify"];

export function TextWidget({ board, id, widget, canEdit, live }: ContentProps) {
  const place = useRef<HTMLDivElement>(null);
  const [quill, setQuill] = useState<Quill | null>(null);
  const [hasFocus, setHasFocus] = useState(false);

  useEffect(() => {
    let binding: QuillBinding | null = null;
    let isGone = false;
    void import("./quill_library.ts").then(({ newQuill }) => {
      if (isGone || place.current === null) return;
      const made = newQuill(place.current, !canEdit, canEdit ? "Write…" : "");
      made.root.setAttribute("role", "textbox");
      made.root.setAttribute("aria-multiline", "true");
      binding = new QuillBinding(board, id, PATH, made);
      made.on("selection-change", (range) => {
        if (range === null) return;
        const runs = made.getContents().ops as Run[];
        const [start, end] = [range.index, range.index + range.length];
        const anchor = range.length > 0 ? pointsAt(runs, start) : null;
        const caret = { position: pointsAt(runs, end), anchor };
        tell(board, { place: { widgetId: id, path: PATH, caret } });
      });
      setQuill(made);
    });
    return () => {
      isGone = true;
      binding?.release();
    };
  }, [board, id]);
  useEffect(() => quill?.enable(canEdit), [quill, canEdit]);
  useEffect(() => {
    quill?.root.setAttribute("aria-label", widget.title || "Text");
  }, [quill, widget.title]);

  const config = objectIn(widget.config);
  const size = own(config, "fontSize");
  const align = textIn(own(config, "align"));
  const style = {
    fontSize: typeof size === "number" ? `${Math.min(Math.max(size, 8), 96)}px` : undefined,
    textAlign: ALIGNMENTS.includes(align) ? align : undefined,
  };
  return (
    <div
      class="text-box"
      onFocusCapture={() => setHasFocus(true)}
      onBlurCapture={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node)) setHasFocus(false);
      }}
    >
      {quill !== null && canEdit && hasFocus && <TextTools quill={quill} />}
      {live !== undefined && <p class="live-text">{textIn(live.value["text"])}</p>}
      <div class="text-place" style={style}>
        <div class="text-ground">
          <div ref={place} />
          {quill !== null && <TextCarets board={board} id={id} quill={quill} />}
        </div>
      </div>
    </div>
  );
}
