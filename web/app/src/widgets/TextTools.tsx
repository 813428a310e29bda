/** The formats of a text, while somebody writes in it. */

import type Quill from "quill";
import { useEffect, useState } from "preact/hooks";

import { Icon, type IconName } from "../parts/Icon.tsx";
import { safeWebUrl } from "./addresses.ts";

type Formats = { readonly [name: string]: unknown };
interface Tool {
  readonly icon: IconName;
  readonly label: string;
  readonly format: string;
  readonly value: unknown;
}

const TOOLS: readonly Tool[] = [
  { icon: "heading", label: "Heading", format: "header", value: 2 },
  { icon: "bold", label: "Bold", format: "bold", value: true },
  { icon: "italic", label: "Italic", format: "italic", value: true },
  { icon: "underline", label: "Underline", format: "underline", value: true },
  { icon: "strike", label: "Strike through", format: "strike", value: true },
  { icon: "bullet", label: "Bullets", format: "list", value: "bullet" },
  { icon: "ordered", label: "Numbers", format: "list", value: "ordered" },
  { icon: "task", label: "Tasks", format: "list", value: "unchecked" },
  { icon: "quote", label: "Quotation", format: "blockquote", value: true },
];

export function TextTools({ quill }: { readonly quill: Quill }) {
  const [formats, setFormats] = useState<Formats>({});
  const [link, setLink] = useState<string | null>(null);

  useEffect(() => {
    const look = (): void => {
      const selection = quill.getSelection();
      if (selection !== null) setFormats(quill.getFormat(selection));
    };
    look();
    quill.on("editor-change", look);
    return () => void quill.off("editor-change", look);
  }, [quill]);

  const isOn = ({ format, value }: Tool): boolean => formats[format] === value;
  const toggle = (tool: Tool): void => {
    quill.format(tool.format, isOn(tool) ? false : tool.value, "user");
    quill.focus();
  };
  const setAddress = (): void => {
    const address = safeWebUrl(link);
    setLink(null);
    quill.focus();
    quill.format("link", address ?? false, "user");
  };

  return (
    <div class="text-tools" role="toolbar" aria-label="Formats">
      {TOOLS.map((tool) => (
        <button
          key={tool.label}
          class="quiet"
          aria-label={tool.label}
          title={tool.label}
          aria-pressed={isOn(tool)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => toggle(tool)}
        >
          <Icon name={tool.icon} />
        </button>
      ))}
      <button
        class="quiet"
        aria-label="Link"
        title="Link"
        aria-pressed={formats["link"] !== undefined}
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => setLink(typeof formats["link"] === "string" ? formats["link"] : "https://")}
      >
        <Icon name="link" />
      </button>
      {link !== null && (
        <input
          class="link-field"
          aria-label="Address of the link; Enter sets it"
          value={link}
          ref={(input) => input?.focus()}
          onInput={(event) => setLink(event.currentTarget.value)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Enter") setAddress();
            if (event.key === "Escape") setLink(null);
          }}
        />
      )}
    </div>
  );
}
