/** A button that opens a list of commands; arrows walk through it, Escape closes it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Icon, type IconName } from "./Icon.tsx";

export interface Command {
  readonly icon: IconName;
  readonly name: string;
  readonly run: () => void;
  readonly isDangerous?: boolean;
}

interface Props {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
  readonly commands: () => readonly Command[]; // asked when it opens
}

export function Menu({ label, class: look = "quiet", children, commands }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const onPress = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) setIsOpen(false);
    };
    addEventListener("pointerdown", onPress);
    return () => removeEventListener("pointerdown", onPress);
  }, [isOpen]);

  const onKey = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const steps: { readonly [key: string]: number } = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (event.key === "Escape") close();
    else if (isOpen && event.key === "Tab") setIsOpen(false);
    else if (isOpen && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      items.at(event.key === "Home" ? 0 : -1)?.focus();
    } else if (isOpen && step !== undefined) {
      event.preventDefault();
      items[(at + step + items.length) % items.length]?.focus();
    }
  };
  const close = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };

  return (
    <div class="menu" ref={box} onKeyDown={onKey}>
      <button
        ref={button}
        class={look}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        onClick={() => setIsOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label}>
          {commands().map(({ icon, name, run, isDangerous }) => (
            <button
              key={name}
              role="menuitem"
              tabIndex={-1}
              class={isDangerous ? "menu-item danger" : "menu-item"}
              onClick={() => {
                close();
                run();
              }}
            >
              <Icon name={icon} /> {name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
