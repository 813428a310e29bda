/** A one-line text that several people type into: each keeps their own cursor. */

import { type Board, countPoints, differenceOf, pointsBefore, unitsBefore } from "@weft/client";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  readonly board: Board;
  readonly target: string | null;
  readonly path: readonly string[];
  readonly text: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly class?: string;
  readonly maxLength?: number;
}

export function LiveInput({ board, target, path, text, label, disabled = false, ...more }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const element = input.current!;
    if (element.value === text) return;
    const isTyping = document.activeElement === element;
    const caret = pointsBefore(element.value, element.selectionStart ?? 0);
    const { position, length, inserted } = differenceOf(element.value, text);
    element.value = text;
    if (!isTyping) return;
    const moved =
      position < caret ? Math.max(position, caret - length + countPoints(inserted)) : caret;
    const unit = unitsBefore(text, moved);
    element.setSelectionRange(unit, unit);
  }, [text]);
  return (
    <input
      ref={input}
      class={more.class ?? ""}
      aria-label={label}
      placeholder={more.placeholder ?? ""}
      maxLength={more.maxLength ?? 255}
      readOnly={disabled}
      defaultValue={text}
      onInput={(event) => {
        const { value } = event.currentTarget;
        if (typeof board.document.valueAt(target, path) === "string") {
          board.setText(target, path, value);
        } else {
          board.set(target, path, value);
        }
      }}
      onKeyDown={(event) => {
        event.stopPropagation(); // arrows and Delete are for the text here
        if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
      }}
    />
  );
}
