/** A text that several people write at once, in Quill, loaded when the first one is near. */

import type Quill from "quill";
import { useEffect, useRef, useState } from "preact/hooks";

import type { ContentProps } from "./Content.tsx";
import { objectIn, own, textIn } from "./content.ts";
import { QuillBinding } from "./quill_binding.ts";
import { TextTools } from "./TextTools.tsx";

const PATH = ["config", "text"];
const ALIGNMENTS = ["left", "center", "right", "justify"];

export function TextWidget({ board, id, widget, canEdit }: ContentProps) {
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
      <div class="text-place" style={style}>
        <div ref={place} />
      </div>
    </div>
  );
}
