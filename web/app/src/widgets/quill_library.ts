/** The parts of Quill that are used: its core, and the formats that a text may show. */

import Quill from "quill/core";
import Block from "quill/blots/block";
import Embed from "quill/blots/embed";
import Blockquote from "quill/formats/blockquote";
import Bold from "quill/formats/bold";
import { Code } from "quill/formats/code";
import Header from "quill/formats/header";
import Italic from "quill/formats/italic";
import Link from "quill/formats/link";
import List from "quill/formats/list";
import Strike from "quill/formats/strike";
import Underline from "quill/formats/underline";

import { EMBED, FORMATS } from "./delta.ts";

/** What somebody has put into the text with another program. */
class UnknownEmbed extends Embed {
  static override blotName = EMBED;
  static override tagName = "SPAN";
  static override className = "unknown-embed";

  static override create(value: string) {
    const node = super.create(value) as HTMLElement;
    node.dataset["content"] = value;
    node.title = value;
    return node;
  }

  static override value(node: HTMLElement): string {
    return node.dataset["content"] ?? "";
  }
}

Quill.register(
  {
    "formats/blockquote": Blockquote,
    "formats/bold": Bold,
    "formats/code": Code,
    "formats/header": Header,
    "formats/italic": Italic,
    "formats/link": Link,
    "formats/list": List,
    "formats/strike": Strike,
    "formats/underline": Underline,
    "formats/unknown": UnknownEmbed,
    "blots/block": Block,
  },
  true,
);

export function newQuill(place: HTMLElement, isReadOnly: boolean, placeholder: string): Quill {
  return new Quill(place, {
    formats: [...Object.keys(FORMATS), EMBED],
    modules: {
      history: { maxStack: 0, userOnly: true }, // undo is the board's, and knows of the others
      uploader: { mimetypes: [] }, // no pictures inside a text
    },
    placeholder,
    readOnly: isReadOnly,
  });
}
