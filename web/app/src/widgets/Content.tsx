/** The content of a widget by its type; one that fails shows that, and nothing else does. */

import type { Board, LiveValue, WidgetJson } from "@weft/client";
import type { ComponentType } from "preact";
import { useErrorBoundary } from "preact/hooks";

import { ChartWidget } from "./Chart.tsx";
import { CustomWidget } from "./Custom.tsx";
import { EmbedWidget, ImageWidget, VideoWidget } from "./Media.tsx";
import { TableWidget } from "./Table.tsx";
import { TextWidget } from "./Text.tsx";

export interface ContentProps {
  readonly board: Board;
  readonly id: string;
  readonly widget: Readonly<WidgetJson>;
  readonly canEdit: boolean;
  /** What a feed has given, which `widget` shows already; nobody edits that. */
  readonly live?: LiveValue | undefined;
}

/** A host product adds its own types here, by name. */
const contents = new Map<string, ComponentType<ContentProps>>([
  ["text", TextWidget],
  ["chart", ChartWidget],
  ["table", TableWidget],
  ["image", ImageWidget],
  ["video", VideoWidget],
  ["embed", EmbedWidget],
]);

export function Content(props: ContentProps) {
  const [error] = useErrorBoundary();
  if (error !== undefined) {
    return <p class="placeholder">This widget cannot be shown: {String(error)}</p>;
  }
  const Shown = contents.get(props.widget.type) ?? CustomWidget;
  return <Shown {...props} />;
}
