/** A type that this app does not know: what it holds, as it is. */

import type { ContentProps } from "./Content.tsx";

export function CustomWidget({ widget }: ContentProps) {
  const shown = JSON.stringify({ config: widget.config, data: widget.data }, null, 2);
  return (
    <pre class="json" tabIndex={0} aria-label={`Content of a ${widget.type} widget`}>
      {shown}
    </pre>
  );
}
